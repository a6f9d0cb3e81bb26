import Testing

@testable import FlowerKit

/// `flower cron`: the contract of the dialect's page, section 8.
@Suite struct CronCommandTests {
    @Test func `next prints one instant a line`() throws {
        let result = try CommandFixture().flower(
            "cron",
            "next",
            "30 1 * * *",
            "--timezone",
            "Europe/London",
            "--after",
            "2026-03-28T20:00:00Z",
            "--count",
            "2"
        )
        let expected = "2026-03-29T02:00:00+01:00\n2026-03-30T01:30:00+01:00\n"
        #expect(result == .init(code: .success, output: expected, errors: ""))
    }

    @Test func `previous prints the newest first`() throws {
        let result = try CommandFixture().flower(
            "cron",
            "previous",
            "30 1 * * *",
            "--timezone",
            "Europe/London",
            "--before",
            "2026-10-27T20:00:00Z",
            "--count",
            "3"
        )
        let expected = """
            2026-10-27T01:30:00+00:00
            2026-10-26T01:30:00+00:00
            2026-10-25T01:30:00+01:00

            """
        #expect(result == .init(code: .success, output: expected, errors: ""))
    }

    @Test func `the prefix comes before the option, the option before the host`() throws {
        let fixture = try CommandFixture()
        let after = ["--after", "2026-06-01T00:00:00Z", "--count", "1"]
        func zone(_ text: String, _ options: [String]) throws -> String {
            try fixture.flower(["cron", "next", text] + after + options).output
        }
        let option = ["--timezone", "Asia/Tokyo"]
        #expect(
            try zone("CRON_TZ=Asia/Kathmandu @daily", option) == "2026-06-02T00:00:00+05:45\n"
        )
        #expect(try zone("@daily", option) == "2026-06-02T00:00:00+09:00\n")
        #expect(try zone("@daily", []) == "2026-06-02T00:00:00+01:00\n")
    }

    @Test func `a table marks what clock changes do`() throws {
        let fixture = try CommandFixture()
        func table(_ text: String, _ after: String, _ count: String) throws -> String {
            try fixture.flower(
                "cron",
                "next",
                text,
                "--timezone",
                "Europe/London",
                "--after",
                after,
                "--count",
                count,
                "--format",
                "table"
            ).output
        }
        #expect(
            try table("30 1 * * *", "2026-03-28T20:00:00Z", "1") == """
                FIRE                            MARK   NOTE
                Sun 2026-03-29 02:00:00 +01:00  moved  \
                moved from 2026-03-29 01:30:00: clocks go forward by 1h

                """
        )
        #expect(
            try table("30 * * * *", "2026-10-25T00:00:00Z", "2") == """
                FIRE                            MARK     NOTE
                Sun 2026-10-25 01:30:00 +01:00  doubled  \
                first of two at this local time: clocks go back by 1h
                Sun 2026-10-25 01:30:00 +00:00  doubled  \
                second of two at this local time: clocks go back by 1h

                """
        )
        #expect(
            try table("*/30 1 * * *", "2026-03-28T20:00:00Z", "1") == """
                FIRE                            MARK     NOTE
                -                               dropped  \
                2026-03-29 01:00:00 and 1 more skipped: clocks go forward by 1h
                Mon 2026-03-30 01:00:00 +01:00

                """
        )
        #expect(
            try table("30 1 * * *", "2026-10-24T20:00:00Z", "2") == """
                FIRE                            MARK     NOTE
                Sun 2026-10-25 01:30:00 +01:00
                -                               dropped  \
                2026-10-25 01:30:00 not run again: clocks go back by 1h
                Mon 2026-10-26 01:30:00 +00:00

                """
        )
    }

    @Test func `json has the fires and apart from them what was dropped`() throws {
        let result = try CommandFixture().flower(
            "cron",
            "next",
            "30 1 * * *",
            "--timezone",
            "Europe/London",
            "--after",
            "2026-10-25T00:45:00Z",
            "--count",
            "1",
            "--format",
            "json"
        )
        let expected = """
            {
              "description" : "At 01:30 every day.",
              "dropped" : [
                {
                  "change_at" : "2026-10-25T01:00:00+00:00",
                  "note" : "2026-10-25 01:30:00 not run again: clocks go back by 1h"
                }
              ],
              "expression" : "30 1 * * *",
              "fires" : [
                {
                  "at" : "2026-10-26T01:30:00+00:00",
                  "mark" : null,
                  "note" : null
                }
              ],
              "timezone" : "Europe/London"
            }

            """
        #expect(result == .init(code: .success, output: expected, errors: ""))
    }

    @Test func `what never fires is no error`() throws {
        let result = try CommandFixture().flower("cron", "next", "0 0 30 2 *")
        #expect(result.code == .success)
        #expect(result.output == "")
        #expect(result.errors == "flower: the expression never fires: no such day\n")
    }

    @Test(arguments: ["next", "previous", "check", "describe"])
    func `an invalid expression is exit 65 and says where`(command: String) throws {
        let result = try CommandFixture().flower("cron", command, "0 24 * * *")
        let errors = """
            error: hour: 24 is out of range 0-23 (column 3)
                0 24 * * *
                  ^~
                hint: midnight is hour 0

            """
        #expect(result == .init(code: .badInput, output: "", errors: errors))
    }

    @Test func `a zone that the host has not is exit 65`() throws {
        let fixture = try CommandFixture()
        let prefix = try fixture.flower("cron", "check", "TZ=Asia/Tokio @daily")
        #expect(prefix.code == .badInput)
        #expect(prefix.errors.contains("did you mean Asia/Tokyo? (column 4)\n"))
        #expect(prefix.errors.contains("\n    TZ=Asia/Tokio @daily\n       ^~~~~~~~~~\n"))
        let option = try fixture.flower("cron", "next", "@daily", "--timezone", "../UTC")
        #expect(option.code == .badInput)
        #expect(option.output == "")
    }

    @Test func `check prints the one spelling, describe a sentence`() throws {
        let fixture = try CommandFixture()
        #expect(try fixture.flower("cron", "check", "0 06 * * mon-FRI").output == "0 6 * * 1-5\n")
        let described = try fixture.flower(
            "cron",
            "describe",
            "H H * * *",
            "--hash-id",
            "backup"
        ).output
        #expect(
            described == "At 13:40 every day (minute and hour are chosen by the job's name).\n"
        )
    }

    static let misuses = [
        ["cron", "next"], ["cron", "next", "@daily", "--batch"],
        ["cron", "next", "@daily", "--after", "2026-01-01T00:00:00+99"],
        ["cron", "next", "@daily", "--count", "-1"],
        ["cron", "next", "@daily", "--format", "xml"],
    ]

    @Test(arguments: misuses)
    func `misuse is exit 64`(arguments: [String]) throws {
        let result = try CommandFixture().flower(arguments)
        #expect(result.code == .misuse)
        #expect(result.output == "")
    }
}
