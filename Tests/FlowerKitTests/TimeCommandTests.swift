import Flows
import Storage
import Testing

@testable import FlowerKit

/// `fires`, `next`, `schedules`, `pause` and `unpause`: it is Mon 2026-11-23 21:22:00 +01:00.
@Suite struct TimeCommandTests {
    @Test func `fires says what became of each due time, and why`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        try fixture.tick(afterSeconds: 3 * 3600)
        try fixture.tick(afterSeconds: 3600)
        #expect(
            try fixture.flower("fires", "backup").output == """
                DUE                             PASSED      OUTCOME     FIRES  RUN  STATE    SCHEDULE             WHY
                Tue 2026-11-24 01:00:00 +01:00  22m ago     overlap     1      -    -        0 * * * * Etc/GMT-1  run 1 is still active, and its overlap is skip
                Tue 2026-11-24 00:00:00 +01:00  1h 22m ago  registered  1      1    waiting  0 * * * * Etc/GMT-1  -
                Mon 2026-11-23 23:00:00 +01:00  2h 22m ago  missed      1      -    -        0 * * * * Etc/GMT-1  no scheduler looked within a minute of it
                Mon 2026-11-23 22:00:00 +01:00  3h 22m ago  missed      1      -    -        0 * * * * Etc/GMT-1  no scheduler looked within a minute of it

                4 fires.

                """
        )
        let cut = try fixture.flower("fires", "backup", "-n", "1").output
        #expect(cut.hasSuffix("\n1 fire, and more: see -n.\n"))
    }

    @Test func `fires in JSON has every key`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        try fixture.tick(afterSeconds: 3600)
        #expect(
            try fixture.flower("fires", "backup", "-o", "json").output == """
                [
                  {
                    "count" : 1,
                    "due_at" : "2026-11-23T22:00:00+01:00",
                    "flow" : "backup",
                    "last_due_at" : null,
                    "note" : null,
                    "outcome" : "registered",
                    "recorded_at" : "2026-11-23T22:22:00+01:00",
                    "run" : 1,
                    "schedule" : "0 * * * * Etc/GMT-1",
                    "state" : "waiting",
                    "trouble" : null
                  }
                ]

                """
        )
    }

    @Test func `fires of many share a row that says how many`() throws {
        let fixture = try CommandFixture()
        var flow = try Flow.hourly("backup", timing: ScheduleTiming(catchUp: .skip))
        flow.schedules[0].text = "* * * * *"
        try fixture.apply(flow)
        try fixture.tick(afterSeconds: 86_400 + 30)
        let output = try fixture.flower("fires", "backup", "-n", "2000").output
        let lines = output.split(separator: "\n")
        let row = try #require(lines.first { $0.contains("one row for those up to") })
        #expect(row.contains(" missed      439  "))
        #expect(row.hasSuffix("one row for those up to Tue 2026-11-24 04:41:00 +01:00"))
        #expect(lines.last == "1440 fires.")
    }

    @Test func `next lists what is to come of all flows, on one time line`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        try fixture.apply(.hourly("clean"))
        let timing = ScheduleTiming(exceptions: [.date("2026-11-23")])
        try fixture.apply(.hourly("rest", timing: timing))
        try fixture.flower("pause", "clean", "--until", "2026-11-23T23:30:00+01:00")
        #expect(
            try fixture.flower("next", "--until", "2026-11-24T00:00:00+01:00").output == """
                DUE                             LEFT         FLOW    CRON
                Mon 2026-11-23 22:00:00 +01:00  38m left     backup  0 * * * *
                Mon 2026-11-23 23:00:00 +01:00  1h 38m left  backup  0 * * * *
                Tue 2026-11-24 00:00:00 +01:00  2h 38m left  backup  0 * * * *
                Tue 2026-11-24 00:00:00 +01:00  2h 38m left  clean   0 * * * *
                Tue 2026-11-24 00:00:00 +01:00  2h 38m left  rest    0 * * * *

                5 fires listed.
                flow 'clean' is paused since Mon 2026-11-23 21:22:00 +01:00, until Mon 2026-11-23 23:30:00 +01:00

                """
        )
        #expect(try fixture.flower("next", "-n", "1").output.contains("\n1 fire listed.\n"))
        #expect(
            try fixture.flower("next", "-n", "1", "-o", "json").output == """
                [
                  {
                    "cron" : "0 * * * *",
                    "due_at" : "2026-11-23T22:00:00+01:00",
                    "flow" : "backup",
                    "start_at" : "2026-11-23T22:00:00+01:00",
                    "trouble" : null
                  }
                ]

                """
        )
        let none = try fixture.flower("next", "--until", "2026-11-23T21:30:00+01:00").output
        #expect(none.hasPrefix("0 fires listed.\n"))
    }

    @Test func `schedules counts the fires that were not run, and says where to look`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup", timing: ScheduleTiming(catchUp: .skip)))
        try fixture.tick(afterSeconds: 3 * 3600)
        #expect(
            try fixture.flower("schedules").output == """
                FLOW    NEXT                            LEFT      LAST                            PASSED   CRON       ZONE       UNRUN  RESULT
                backup  Tue 2026-11-24 01:00:00 +01:00  38m left  Tue 2026-11-24 00:00:00 +01:00  22m ago  0 * * * *  Etc/GMT-1      3  missed

                1 schedule listed. 3 fires were not run: flower fires backup --unrun tells why.

                """
        )
        // What is run after all is not counted.
        let span = ["--from", "2026-11-23T22:00:00+01:00", "--to", "2026-11-23T23:00:00+01:00"]
        #expect(try fixture.flower(["backfill", "backup"] + span).code == .success)
        let after = try fixture.flower("schedules").output
        #expect(after.contains(" 1 fire was not run: flower fires backup --unrun tells why.\n"))
        let json = try fixture.flower("schedules", "-o", "json").output
        #expect(json.contains("\"unrun\" : 1"))
    }

    // MARK: - Pauses

    @Test func `a pause is shown wherever its flow is`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        let paused = try fixture.flower(
            "pause",
            "backup",
            "--reason",
            "no disk",
            "--until",
            "2026-11-24T06:30:00+01:00"
        )
        #expect(paused.output == "flow 'backup' is paused until Tue 2026-11-24 06:30:00 +01:00\n")
        let since = "Mon 2026-11-23 21:22:00 +01:00, until Tue 2026-11-24 06:30:00 +01:00: no disk"
        #expect(try fixture.flower("show", "backup").output.contains("paused: \(since)\n"))
        for list in ["flows", "schedules", "next"] {
            let output = try fixture.flower(list).output
            #expect(output.hasSuffix("\nflow 'backup' is paused since \(since)\n"), "\(list)")
        }
        // What comes due after it is run.
        let after = "Tue 2026-11-24 07:00:00 +01:00"
        #expect(try fixture.flower("schedules").output.contains("\nbackup  \(after)"))
        #expect(try fixture.flower("next", "-n", "1").output.contains("\n\(after)"))
        for list in [["flows"], ["schedules"], ["show", "backup"]] {
            let json = try fixture.flower(list + ["-o", "json"]).output
            #expect(json.contains("\"pause_reason\" : \"no disk\""), "\(list)")
            #expect(json.contains("\"paused_until\" : \"2026-11-24T06:30:00+01:00\""), "\(list)")
        }
    }

    @Test func `a pause that is over is shown nowhere`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        try fixture.flower("pause", "backup", "--until", "2026-11-23T21:30:00+01:00")
        fixture.now = Fixture.ago(-480)
        for list in [
            ["flows"], ["schedules"], ["next"], ["show", "backup"], ["register", "backup"],
        ] {
            let result = try fixture.flower(list)
            #expect(!(result.output + result.errors).contains("paused"), "\(list)")
        }
        #expect(
            try fixture.flower("unpause", "backup").output == "flow 'backup' was not paused\n"
        )
    }

    @Test func `a pause without an end leaves nothing to come`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        try fixture.flower("pause", "backup")
        let since = "flow 'backup' is paused since Mon 2026-11-23 21:22:00 +01:00\n"
        #expect(try fixture.flower("next").output == "0 fires listed.\n" + since)
        #expect(try fixture.flower("schedules").output.contains("\nbackup  paused "))
    }

    @Test func `all flows are paused and go on together`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        try fixture.apply(.hourly("clean"))
        #expect(try fixture.flower("unpause", "--all").output == "no flow was paused\n")
        let paused = try fixture.flower("pause", "--all", "--reason", "move")
        #expect(paused.output == "every flow is paused\n")
        #expect(try fixture.flower("next").output.hasPrefix("0 fires listed.\n"))
        #expect(
            try fixture.flower("unpause", "--all").output
                == "flow 'backup' goes on\nflow 'clean' goes on\n"
        )
        #expect(try fixture.flower("next", "-n", "4").output.contains("4 fires listed.\n"))
    }

    @Test func `a second pause changes reason and end, not the beginning`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        try fixture.flower("pause", "backup", "--reason", "one")
        fixture.now = Fixture.ago(-60)
        try fixture.flower("pause", "backup", "--reason", "two")
        let shown = try fixture.flower("show", "backup").output
        #expect(shown.contains("paused: Mon 2026-11-23 21:22:00 +01:00: two\n"))
    }

    @Test(arguments: [
        (["pause", "backup", "--all"], 64, "name a flow, or --all"),
        (["unpause"], 64, "name a flow, or --all"),
        (
            ["pause", "backup", "--until", "tomorow"], 64,
            "the value 'tomorow' is invalid for '--until <instant>': did you mean 'tomorrow'?; write 06:00, 20m,"
        ),
        (
            ["pause", "backup", "--until", "2026-11-23T21:22:00+01:00"], 65,
            "the pause would have ended before it begins\nhint: --until takes an instant"
        ),
        (["fires", "bakup"], 66, "there is no flow 'bakup'\nhint: did you mean 'backup'?"),
        (["fires", "backup", "-n", "0"], 64, "-n takes a number from 1 to 1000000"),
        (["next", "-n", "0"], 64, "-n takes a number from 1 to 1000000"),
        (["next", "--until", "soon"], 64, "the value 'soon' is invalid"),
    ])
    func `what is wrong is told`(arguments: [String], code: Int32, message: String) throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        let result = try fixture.flower(arguments)
        #expect(result.code.rawValue == code)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("flower: \(message)"), "\(result.errors)")
    }
}
