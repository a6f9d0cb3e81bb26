import Cron
import Flows
import Testing

@testable import FlowerKit
@testable import Storage

/// The lists, from rows made here: text and JSON.
@Suite struct LookingTests {
    static let runs = [
        RunSummary(
            id: 12,
            flow: "nightly-sales",
            state: .failed,
            origin: "schedule",
            dueAt: Fixture.ago(60),
            registeredAt: Fixture.ago(60),
            startedAt: Fixture.ago(59),
            endedAt: Fixture.ago(9),
            parameters: [Variable("day", "2026-11-22"), Variable("region", "far east")],
            counts: [.succeeded: 5, .failed: 1, .waiting: 2]
        ),
        RunSummary(
            id: 9,
            flow: "backup",
            state: .running,
            origin: "manual",
            dueAt: nil,
            registeredAt: Fixture.ago(7_260),
            startedAt: Fixture.ago(7_200),
            endedAt: nil,
            parameters: [],
            counts: [.running: 1]
        ),
        RunSummary(
            id: 8,
            flow: "backup",
            state: .succeeded,
            origin: "manual",
            dueAt: nil,
            registeredAt: Fixture.ago(90_000),
            startedAt: nil,
            endedAt: nil,
            parameters: [],
            counts: [.succeeded: 3]
        ),
    ]

    @Test func `runs are listed with how far they got`() {
        let text = RunsView.table(Self.runs, isCut: false, Fixture.time)
            .rendered(width: nil, colour: false)
        #expect(
            text == """
                RUN  FLOW           STATE      ORIGIN    REGISTERED                      PASSED     TOOK  TASKS              PARAMETERS
                 12  nightly-sales  failed     schedule  Mon 2026-11-23 21:21:00 +01:00  1m ago     50s   5 of 8, 1 failed   day=2026-11-22 region='far east'
                  9  backup         running    manual    Mon 2026-11-23 19:21:00 +01:00  2h 1m ago  2h    0 of 1, 1 running
                  8  backup         succeeded  manual    Sun 2026-11-22 20:22:00 +01:00  1d 1h ago  -     3

                3 runs listed.

                """
        )
        let cut = RunsView.table([Self.runs[0]], isCut: true, Fixture.time)
        #expect(cut.footer == "1 run listed; -n shows more.")
    }

    @Test func `a run in JSON has every key, with null for what is not there`() throws {
        let json = try JSONValue.array([RunsView.json(Self.runs[1], Fixture.zone)]).rendered
        #expect(
            json == """
                [
                  {
                    "counts" : {
                      "cancelled" : 0,
                      "failed" : 0,
                      "held" : 0,
                      "running" : 1,
                      "skipped" : 0,
                      "succeeded" : 0,
                      "waiting" : 0
                    },
                    "due_at" : null,
                    "ended_at" : null,
                    "failed_hooks" : [

                    ],
                    "flow" : "backup",
                    "origin" : "manual",
                    "parameters" : {

                    },
                    "registered_at" : "2026-11-23T19:21:00+01:00",
                    "run" : 9,
                    "started_at" : "2026-11-23T19:22:00+01:00",
                    "state" : "running",
                    "trouble" : null
                  }
                ]

                """
        )
        #expect(try JSONValue.array([]).rendered == "[\n\n]\n")
    }

    static let flows = [
        FlowSummary(
            name: "backup",
            description: "A copy that was read back",
            tasks: 3,
            schedules: 2,
            pause: Pause(
                begunAt: Fixture.ago(3_600),
                until: Fixture.ago(-86_400),
                reason: "no disk"
            ),
            isEdited: true,
            isLate: true,
            lastRun: 9,
            lastState: .running
        ),
        FlowSummary(
            name: "new",
            description: "",
            tasks: 1,
            schedules: 0,
            pause: nil,
            isEdited: false,
            isLate: false,
            lastRun: nil,
            lastState: nil
        ),
    ]

    @Test func `flows are listed with their last run`() {
        #expect(
            FlowsView.table(Self.flows, Fixture.time).rendered(width: nil, colour: false) == """
                FLOW    TASKS  SCHEDULES  LAST RUN  RESULT   NOTE                  DESCRIPTION
                backup      3          2         9  running  paused, edited, late  A copy that was read back
                new         1          0         -  -        -

                2 flows listed.
                flow 'backup' is paused since Mon 2026-11-23 20:22:00 +01:00, until Tue 2026-11-24 21:22:00 +01:00: no disk

                """
        )
    }

    static let schedules = [
        ScheduleRow(
            flow: "boot",
            cron: "@reboot",
            zone: "UTC",
            meaning: nil,
            next: .boot,
            last: nil
        ),
        ScheduleRow(
            flow: "rest",
            cron: "0 0 * * *",
            zone: "UTC",
            meaning: nil,
            next: .paused,
            pause: Pause(begunAt: Fixture.ago(60), reason: "two\nlines"),
            last: LastFire(dueAt: Fixture.ago(3_600), outcome: .overlap, runID: nil, state: nil),
            unrun: 12
        ),
        ScheduleRow(
            flow: "sales",
            cron: "30 2 * * *",
            zone: "Asia/Tokyo",
            meaning: nil,
            next: .at(Fixture.ago(-7_200)),
            last: LastFire(dueAt: Fixture.ago(60), outcome: .registered, runID: 12, state: .failed)
        ),
        ScheduleRow(
            flow: "spoilt",
            cron: "x",
            zone: nil,
            meaning: nil,
            next: .faulty("'x': too few fields"),
            last: nil
        ),
    ]

    @Test func `schedules are listed by their next fire`() {
        #expect(
            SchedulesView.table(Self.schedules.sorted(), Fixture.time)
                .rendered(width: nil, colour: false) == """
                    FLOW    NEXT                            LEFT     LAST                            PASSED  CRON        ZONE        UNRUN  RESULT
                    sales   Mon 2026-11-23 23:22:00 +01:00  2h left  Mon 2026-11-23 21:21:00 +01:00  1m ago  30 2 * * *  Asia/Tokyo      0  failed (run 12)
                    boot    at boot                         -        -                               -       @reboot     UTC             0  -
                    rest    paused                          -        Mon 2026-11-23 20:22:00 +01:00  1h ago  0 0 * * *   UTC            12  overlap
                    spoilt  faulty                          -        -                               -       x           -               0  'x': too few fields

                    4 schedules listed. 12 fires were not run: flower fires rest --unrun tells why.
                    a schedule of flow 'spoilt' is not used: 'x': too few fields
                    flow 'rest' is paused since Mon 2026-11-23 21:21:00 +01:00: two lines

                    """
        )
    }

    /// `keys` of jq, for a script that depends on them.
    @Test func `the keys of each list are these`() {
        func keys(_ value: JSONValue) -> [String] {
            guard case .array(let rows) = value, case .object(let row)? = rows.first else {
                return []
            }
            return row.keys.sorted()
        }
        #expect(
            keys(FlowsView.json(Self.flows, Fixture.zone)) == [
                "description", "faults", "is_edited", "is_late", "is_paused", "last_run",
                "last_state",
                "name", "pause_reason", "paused_at", "paused_until", "schedules", "tasks",
                "trouble",
            ]
        )
        #expect(
            keys(SchedulesView.json(Self.schedules, Fixture.zone)) == [
                "catchup", "catchup_window_ms", "cron", "deadline_ms", "except", "fault", "flow",
                "is_at_boot", "is_paused", "jitter_ms", "last_due_at", "last_outcome", "last_run",
                "last_state", "meaning", "next_at", "parameters", "pause_reason", "paused_until",
                "remedy", "schedule", "start_at", "trouble", "unrun", "zone",
            ]
        )
    }
}
