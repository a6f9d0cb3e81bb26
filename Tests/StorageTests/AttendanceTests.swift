import CLinux
import Cron
import Flows
import Glibc
import Testing

@testable import Storage

/// Who is alive, by real locks.
@Suite struct AttendanceTests {
    let temporary: TemporaryStore
    private var folder: StateFolder { temporary.folder }
    private static let now = Instant(seconds: 1_795_465_320)

    init() throws { temporary = try TemporaryStore() }

    private func seen(after seconds: Int64 = 0) -> Attendance {
        folder.attendance(at: Instant(seconds: Self.now.seconds + seconds))
    }

    @Test func `a scheduler is alive as long as it holds its lock, and so for each of several`()
        throws
    {
        #expect(seen() == Attendance())
        var first: SchedulerLock? = try SchedulerLock(folder, startsRunners: false)
        #expect(seen() == Attendance(hasScheduler: true, hadScheduler: true))
        var second: SchedulerLock? = try SchedulerLock(folder, startsRunners: true)
        #expect(seen().startsRunners)
        withExtendedLifetime(first) {}
        first = nil
        #expect(seen().hasScheduler && seen().startsRunners)
        withExtendedLifetime(second) {}
        second = nil
        #expect(seen() == Attendance(hadScheduler: true))
    }

    @Test func `flower tick is one as long as the next is still to be expected`() {
        func tick(_ seconds: Int64) {
            Ticks.note(at: Instant(seconds: Self.now.seconds + seconds), in: folder)
        }
        tick(0)
        // Nobody knows yet what its period is.
        #expect(seen(after: 500).hasScheduler && !seen(after: 700).hasScheduler)
        tick(60)
        #expect(seen(after: 170).hasScheduler && !seen(after: 190).hasScheduler)
        tick(3_660)
        #expect(seen(after: 3_660 + 7_000).hasScheduler)
        #expect(!seen(after: 3_660 + 7_300).hasScheduler)
        // One by hand, twice in a second, promises no more than a minute's timer.
        tick(3_661)
        #expect(seen(after: 3_661 + 110).hasScheduler && !seen(after: 3_661 + 130).hasScheduler)
        // The clock was set back.
        #expect(!seen(after: -86_400).hasScheduler)
    }

    @Test
    func `a runner is alive or dead as its file is held, and neither where it is closed to us`()
        throws
    {
        try temporary.apply(.diamond)
        let run = try temporary.register("test")
        let path = "\(folder.runnersPath)/1"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(clinux_ofd_lock_try(descriptor, Int16(F_WRLCK)) == 0)
        let task = try #require(try temporary.claim().first?.taskID)
        #expect(seen().hasRunner)
        let store = temporary.store
        func left() throws -> [Int64: Int64] { try store.outlook(at: temporary.now).left }
        #expect(try left().isEmpty)
        close(descriptor)
        #expect(!seen().hasRunner)
        #expect(try left() == [task: run])
        unlink(path)
        #expect(try temporary.store.deadRunners().map(\.id) == [1])
        // Whatever cannot be opened for another reason is no proof of a death: here a link to itself.
        #expect(symlink(path, path) == 0)
        #expect(try temporary.store.deadRunners().isEmpty)
        unlink(path)
    }

    @Test func `work waits once it has been ready longer than any way to start a runner takes`()
        throws
    {
        var flow = Flow.nothing(["a": []])
        flow.priority = 19
        try temporary.apply(flow)
        _ = try temporary.register("test")
        let now = temporary.now.milliseconds
        let store = temporary.store
        #expect(try !store.outlook(at: Instant(milliseconds: now + 30_000)).hasWorkWaiting)
        #expect(try store.outlook(at: Instant(milliseconds: now + 70_000)).hasWorkWaiting)
        #expect(seen().hasWake)
    }
}
