import Cron
import Flows
import Storage
import Testing

@testable import Execution

/// A runner that stays for an announced fire, and registers it itself. No scheduler lives here.
@Suite struct AnnouncedFireTests {
    let harness: RunnerHarness

    init() throws { harness = try RunnerHarness() }

    private func apply() throws {
        let flow = Flow(
            name: "flow",
            schedules: [
                ScheduleSpec(
                    text: "* * * * * *",
                    expression: try CronExpression("* * * * * *", hashID: "flow"),
                    timezone: "UTC"
                )
            ],
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("echo $FLOWER_DUE_AT"))]
        )
        let source = FlowSource(path: "/flows/flow.yaml", digest: "1", flows: [flow])
        _ = try harness.store.apply([source], by: "test", at: .now)
    }

    /// What the scheduler's module would plan: the one fire at the instant.
    private func plan(_ announcement: Announcement) throws -> PlannedFires? {
        let (cursor, _) = try harness.store.scheduleChanges(since: nil)
        let stored = try #require(try harness.store.schedules().first)
        let fire = DueFire(
            scheduleID: stored.id,
            dueAt: announcement.at,
            timezone: "UTC",
            verdict: .run
        )
        let span = ScheduleSpan(
            scheduleID: stored.id,
            after: stored.consideredUntil,
            through: announcement.at,
            fires: [fire]
        )
        return PlannedFires(announcement, [span], cursor: cursor)
    }

    private func run(after announcement: Announcement) throws -> Runner.Ending {
        harness.store.folder.touchWake(announcing: announcement)
        var options = Runner.Options()
        options.linger = .seconds(1)
        return try Runner(harness.store, options: options, plan: plan).run()
    }

    /// On a machine that sleeps for a second at the wrong moment the fire is the scheduler's, whom nobody
    /// plays here: then the next one is announced.
    @Test func `the runner registers and runs the fire it was told of`() throws {
        try apply()
        for _ in 0..<20 {
            let at = Instant(milliseconds: Instant.now.milliseconds / 1000 * 1000 + 1_000)
            let announcement = Announcement(at: at, schedules: [1])
            let ending = try run(after: announcement)
            guard ending.launchedTasks > 0 else { continue }
            #expect(ending.launchedTasks == 1)
            #expect(harness.store.folder.accepted() == announcement)
            let fires = try harness.store.fires(flow: "flow")
            #expect(fires.map(\.dueAt) == [at])
            #expect(fires.allSatisfy { $0.recordedAt >= at })
            #expect(try harness.lines(ofRun: 1) == [at.iso8601(in: .utc)])
            return
        }
        Issue.record("no fire of twenty was registered by the runner")
    }

    @Test func `what names no schedules is waited for and left to the scheduler`() throws {
        try apply()
        let at = Instant(milliseconds: Instant.now.milliseconds + 200)
        let ending = try run(after: Announcement(at: at, schedules: []))
        #expect(ending.launchedTasks == 0)
        #expect(.now >= at)
        #expect(harness.store.folder.accepted() == nil)
        #expect(try harness.store.fires(flow: "flow").isEmpty)
    }

    @Test(arguments: ["", "x", "\n"])
    func `a wake file without an announcement announces nothing`(_ text: String) {
        #expect(Announcement(text) == nil)
    }

    @Test func `an announcement is read as it was written`() throws {
        for schedules in [[], [7], Array(1...Int64(Announcement.limit)), [.max]] {
            let written = Announcement(
                at: Instant(milliseconds: 1_793_577_600_000),
                schedules: schedules
            )
            harness.store.folder.touchWake(announcing: written)
            #expect(WakeFile(harness.store.folder).take() == written)
        }
    }
}
