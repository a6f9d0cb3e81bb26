import Flows
import Testing

@testable import FlowFiles

/// Catch-up, deadline, jitter and exceptions of a schedule.
@Suite struct TimingTests {
    func load(_ lines: String) -> (timing: ScheduleTiming?, messages: [String]) {
        let folder = Folder()
        folder.write(
            "a.yaml",
            """
            flow: a
            tasks: {t: {run: x}}
            schedules:
              - cron: "0 6 * * *"
                \(lines)
            """
        )
        let (files, diagnostics) = folder.load("a.yaml")
        let messages = diagnostics.map { "\($0.line):\($0.column): \($0.message)" }
        return (files.first?.flows.first?.schedules.first?.timing, messages)
    }

    @Test func `what is left out is the page's default`() {
        #expect(load("").timing == ScheduleTiming())
    }

    @Test func `each key arrives`() {
        let all = """
            {catchup: all, catchup_window: 2d, deadline: 10m, jitter: 30s, \
            except: ["* * 25 12 *", 2026-12-24], cron: "0 6 * * *"}
            """
        let folder = Folder()
        folder.write("a.yaml", "flow: a\ntasks: {t: {run: x}}\nschedules: [\(all)]\n")
        let timing = folder.load("a.yaml").files.first?.flows.first?.schedules.first?.timing
        let expected = ScheduleTiming(
            catchUp: .all,
            catchUpWindow: .seconds(172_800),
            deadline: .seconds(600),
            jitter: .seconds(30),
            exceptions: [.expression("* * 25 12 *"), .date("2026-12-24")]
        )
        #expect(timing == expected)
    }

    @Test func `an expectation arrives`() {
        let folder = Folder()
        let text = "flow: a\ntasks: {t: {run: x}}\nexpect: {every: 26h, register: tell}\n"
        folder.write("a.yaml", text)
        let flow = folder.load("a.yaml").files.first?.flows.first
        #expect(flow?.expectation?.every == .seconds(93_600))
        #expect(flow?.expectation?.register == "tell")
    }

    static let zoned = "5:14: an exception is a day or cron's fields, in the schedule's own zone"

    @Test(arguments: [
        ("catchup: newest", "5:14: 'catchup' is one of skip, latest, all, not 'newest'"),
        ("catchup_window: 0s", "5:21: 'catchup_window' must be more than zero"),
        ("deadline: 10", "5:15: 'deadline': '10' has no unit"),
        ("jitter: [1s]", "5:13: 'jitter' must be a text, not a list"),
        ("except: 2026-12-24", "5:13: 'except' must be a list, not a single value"),
        ("except: [2026-02-30]", "5:14: '2026-02-30' is neither a day nor a cron expression"),
        ("except: [\"TZ=UTC * * 1 1 *\"]", zoned), ("except: [\"@every 1h\"]", zoned),
        (
            "deadline: 1m\n    jitter: 60s",
            "5:15: 'deadline' must be longer than 'jitter', which moves the start"
        ),
        ("except: [\"61 * * * *\"]", "5:15: except: minute: 61 is out of range 0-59"),
    ])
    func `a fault has its place and cause`(line: String, message: String) {
        #expect(load(line).messages == [message])
    }
}
