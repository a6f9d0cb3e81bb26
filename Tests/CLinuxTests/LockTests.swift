import CLinux
import Glibc
import Synchronization
import TestSupport
import Testing

/// fcntl(2), open file description locks: two descriptors of one process exclude each other.
@Suite struct LockTests {
    private let file: TemporaryLockFile
    private let write = Int16(F_WRLCK)
    private let read = Int16(F_RDLCK)

    init() throws { file = try TemporaryLockFile() }

    @Test func `a second description is refused until the first lets go`() throws {
        let (a, b) = (try file.open(), try file.open())
        #expect(clinux_ofd_lock_try(a, write) == 0)
        #expect(clinux_ofd_lock_try(b, write) == -1)
        #expect(errno == EAGAIN)
        #expect(clinux_ofd_is_locked(b) == 1)
        #expect(clinux_ofd_is_locked(a) == 0, "one's own lock refuses nothing to oneself")
        #expect(clinux_ofd_unlock(a) == 0)
        #expect(clinux_ofd_lock_try(b, write) == 0)
    }

    @Test func `readers share and keep a writer out`() throws {
        let (a, b, c) = (try file.open(), try file.open(), try file.open())
        #expect(clinux_ofd_lock_try(a, read) == 0)
        #expect(clinux_ofd_lock_try(b, read) == 0)
        #expect(clinux_ofd_lock_try(c, write) == -1)
    }

    @Test func `closing another description of the file drops nothing`() throws {
        let (a, b) = (try file.open(), try file.open())
        #expect(clinux_ofd_lock_try(a, write) == 0)
        close(try file.open())
        #expect(clinux_ofd_lock_try(b, write) == -1)
    }

    @Test(arguments: [0, 1, 40]) func `a wait ends with its time`(milliseconds: Int) throws {
        let (a, b) = (try file.open(), try file.open())
        #expect(clinux_ofd_lock_try(a, write) == 0)
        let start = ContinuousClock.now
        #expect(clinux_ofd_lock_wait(b, write, Int32(milliseconds)) == -1)
        #expect(errno == ETIMEDOUT)
        #expect(start.duration(to: .now) >= .milliseconds(milliseconds))
    }

    @Test func `a bad descriptor is said at once`() {
        #expect(clinux_ofd_lock_wait(-1, write, 1000) == -1)
        #expect(errno == EBADF)
    }

    @Test func `waits in many threads end each with its own time or lock`() throws {
        let holder = try file.open()
        #expect(clinux_ofd_lock_try(holder, write) == 0)
        let timedOut = Atomic(0)
        let locked = Atomic(0)
        onThreads(8) { index in
            guard let fd = try? file.open() else { return }
            let isHasty = index.isMultiple(of: 2)
            if clinux_ofd_lock_wait(fd, write, isHasty ? 30 : 60_000) == 0 {
                locked.add(1, ordering: .sequentiallyConsistent)
                clinux_ofd_unlock(fd)
            } else if errno == ETIMEDOUT,
                timedOut.add(1, ordering: .sequentiallyConsistent).newValue == 4
            {
                clinux_ofd_unlock(holder)
            }
        }
        #expect(timedOut.load(ordering: .sequentiallyConsistent) == 4)
        #expect(locked.load(ordering: .sequentiallyConsistent) == 4)
    }

    @Test func `the signal mask of the waiting thread is as it was`() throws {
        let (a, b) = (try file.open(), try file.open())
        var blocked = sigset_t()
        var after = sigset_t()
        sigfillset(&blocked)
        var former = sigset_t()
        pthread_sigmask(SIG_SETMASK, &blocked, &former)
        #expect(clinux_ofd_lock_try(a, write) == 0)
        #expect(clinux_ofd_lock_wait(b, write, 1) == -1, "the wait ends though all is blocked")
        pthread_sigmask(SIG_SETMASK, &former, &after)
        for signal in [SIGTERM, SIGCHLD, SIGUSR1] { #expect(sigismember(&after, signal) == 1) }
    }
}

/// Runs `body` on `count` threads at once and waits for all.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    final class Work: Sendable {
        let body: @Sendable (Int) -> Void
        let next = Atomic(0)
        init(_ body: @escaping @Sendable (Int) -> Void) { self.body = body }
    }
    let work = Work(body)
    let threads = (0..<count).map { _ in
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.body(work.next.add(1, ordering: .sequentiallyConsistent).oldValue)
                return nil
            },
            Unmanaged.passRetained(work).toOpaque()
        )
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

/// A file of a test's own; its descriptions are closed with it.
private final class TemporaryLockFile: Sendable {
    private let folder: TemporaryFolder
    private let path: String
    private let descriptors = Mutex<[Int32]>([])

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/lock"
    }

    deinit {
        for descriptor in descriptors.withLock({ $0 }) { close(descriptor) }
    }

    struct CannotOpen: Error { let code: Int32 }

    func open() throws -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CannotOpen(code: errno) }
        descriptors.withLock { $0.append(descriptor) }
        return descriptor
    }
}
