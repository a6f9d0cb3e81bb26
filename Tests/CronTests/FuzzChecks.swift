#if !FLOWER_FUZZ
    @testable import Cron
#endif

/// What must hold for any bytes, good or bad: used by the tests and by the fuzzer
/// (`Tests/Fuzz/run`), which compiles this file together with the sources of Cron.
enum FuzzChecks {
    enum Target: String, CaseIterable {
        case expression, crontab, tzif
    }

    static func run(_ target: Target, _ bytes: [UInt8]) {
        switch target {
        case .expression: expression(bytes)
        case .crontab: crontab(bytes)
        case .tzif: tzif(bytes)
        }
    }

    /// Rules that go on for ever, and a file that cannot be a real zone's.
    static let zones: [Zone] = ["UTC0", "EST5EDT,M3.2.0,M11.1.0", "<+1030>-10:30<+11>,J80,J300/-5"]
        .compactMap { try? Zone(name: $0, posix: $0) }

    private static func expression(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(CronError) {
            let parsed = try CronExpression(text, hashID: "fuzz")
            let again = try CronExpression(parsed.canonicalText, hashID: "fuzz")
            precondition(again == parsed, "the canonical text means the same")
            precondition(
                again.canonicalText == parsed.canonicalText,
                "it is its own canonical text"
            )
            precondition(parsed.describe().hasSuffix("."), "a description is a sentence")
            for zone in zones { search(parsed, in: zone) }
        } catch {
            let length = text.unicodeScalars.count
            precondition(error.column >= 1 && error.column <= length + 1, "a column of the text")
            precondition(error.rendering.hasPrefix("error: "), "an error is shown as one")
        }
    }

    /// Next and previous agree with each other, from a few instants of all centuries.
    private static func search(_ expression: CronExpression, in zone: Zone) {
        for second: Int64 in [-5_000_000_000, 0, 1_793_520_000, 1_772_956_800, 20_000_000_000] {
            let start = Instant(seconds: second)
            guard let next = expression.next(after: start, in: zone) else { continue }
            precondition(next > start, "next is later")
            guard expression.every == nil else { continue }
            let after = Instant(milliseconds: next.milliseconds + 1)
            precondition(expression.previous(before: after, in: zone) == next, "back to the fire")
            let last = expression.previous(before: next, in: zone)
            precondition(last.map { $0 <= start } ?? true, "there is no fire between")
        }
    }

    private static func crontab(_ bytes: [UInt8]) {
        for form in [Crontab.Form.user, .system] {
            let crontab = Crontab(bytes, form: form)
            for entry in crontab.entries {
                let name = entry.flowName(stem: "fuzz")
                precondition(name.utf8.count <= 64, "a flow's name is short")
            }
            guard crontab.isValid else { continue }
            let again = Crontab(crontab.canonicalText, form: form)
            precondition(again.entries.map(\.schedule) == crontab.entries.map(\.schedule))
            precondition(again.entries.map(\.command) == crontab.entries.map(\.command))
            precondition(again.entries.map(\.input) == crontab.entries.map(\.input))
            precondition(again.entries.map(\.user) == crontab.entries.map(\.user))
            precondition(again.assignments.map(\.value) == crontab.assignments.map(\.value))
        }
    }

    private static let schedules = ["30 2 * * *", "*/20 * * * *", "0 0 29 2 *", "* * * * * *"]
        .compactMap { try? CronExpression($0) }

    private static func tzif(_ bytes: [UInt8]) {
        guard let zone = try? Zone(name: "fuzz", tzif: bytes) else { return }
        var segment = zone.segment(at: -(1 << 40))
        for _ in 0..<100 where segment.end < 1 << 40 {
            let next = zone.segment(at: segment.end)
            precondition(next.start == segment.end, "segments follow each other")
            precondition(next.end > next.start, "a segment is not empty")
            precondition(zone.segment(at: next.start - 1) == segment, "and go back the same way")
            segment = next
        }
        for schedule in schedules { search(schedule, in: zone) }
    }
}
