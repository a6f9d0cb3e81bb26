import Testing

@testable import Cron

/// Every expression that a hint names is due when what was written is due where it comes from.
///
/// The hints are all of the golden texts: of other schedulers' expressions, faults, remarks and crontab
/// lines. An expression in one of them that no table evaluates is a failure.
@Suite struct NamedExpressionTests {
    /// What was written, the expression that is named for it, and what that is to mean.
    struct Row: Sendable {
        let text: String
        let named: String
        /// Of an `except:` beside it.
        let except: String?
        let meaning: ForeignMeaning

        init(
            _ text: String,
            _ named: String,
            except: String? = nil,
            _ meaning: ForeignMeaning
        ) {
            self.text = text
            self.named = named
            self.except = except
            self.meaning = meaning
        }
    }

    private static let all = Set(0...59), hours = Set(0...23)
    private static let tens = Set(stride(from: 0, to: 60, by: 10))

    /// For either of both days, as elsewhere; for days that are both; in the order of fields elsewhere.
    static let rows: [Row] = [
        .init("0 16 */2 * sat", "0 16 1-31/2 * sat", .croniter("0 16 */2 * sat")),
        .init("0 16 5 * */3", "0 16 5 * 0-7/3", .croniter("0 16 5 * */3")),
        .init(
            "0 6 1-7 * MON",
            "0 6 * * MON#1",
            .rule(BruteRule(hours: [6]) { $0.day <= 7 && $0.weekday == 1 })
        ),
        .init(
            "0 6 22-28 * 1,3",
            "0 6 * * MON#4,WED#4",
            .rule(
                BruteRule(hours: [6]) { (22...28).contains($0.day) && [1, 3].contains($0.weekday) }
            )
        ),
        .init(
            "0 0 13 * 5",
            "0 0 13 * *",
            except: "* * * * MON-THU,SAT,SUN",
            .rule(BruteRule { $0.day == 13 && $0.weekday == 5 })
        ),
        .init(
            "0 0 31 * 5",
            "0 0 31 * *",
            except: "* * * * MON-THU,SAT,SUN",
            .rule(BruteRule { $0.day == 31 && $0.weekday == 5 })
        ),
        .init(
            "* * * * * 0",
            "0 * * * * 0",
            .rule(BruteRule(minutes: all, hours: hours) { $0.weekday == 0 })
        ),
        .init("* * * * * 0", "0 * * * * *", .croniter("* * * * * 0")),
        .init("* 5 * * * *", "0 5 * * * *", .rule(BruteRule(minutes: [5], hours: hours))),
        .init("30 4 * * * *", "30 4 * * *", .rule(BruteRule(minutes: [30], hours: [4]))),
        .init("0 12 * * 1-5 *", "0 12 * * 1-5", .croniter("0 12 * * 1-5")),
        .init("0 12 * * * *", "0 12 * * *", .rule(BruteRule(hours: [12]))),
        .init("*/10 * * * * *", "*/10 * * * *", .rule(BruteRule(minutes: tens, hours: hours))),
        .init(
            "*/25 * * * * *",
            "*/25 * * * *",
            .rule(BruteRule(minutes: [0, 25, 50], hours: hours))
        ),
        .init("0 0 1 1 * 2027", "0 0 0 1 1 * 2027", .quartz("0 0 0 1 1 ? 2027")),
        // Lines of crontabs.
        .init("0 */5 4 * * * * run", "*/5 4 * * *", .quartz("0 */5 4 * * ? *")),
        .init(
            "*/5 * * * * * * run",
            "*/5 * * * * * *",
            .rule(
                BruteRule(seconds: Set(stride(from: 0, to: 60, by: 5)), minutes: all, hours: hours)
            )
        ),
        .init("0 12 * * 1 * run", "0 12 * * 1", .croniter("0 12 * * 1")),
        .init(
            "0 12 * * 1 * run",
            "12 * * 1 *",
            .rule(BruteRule(minutes: [12], hours: hours) { $0.month == 1 })
        ),
        .init("5 12 * * 1 * run", "5 12 * * 1", .croniter("5 12 * * 1")),
        .init(
            "5 12 * * 1 * run",
            "5 12 * * 1 *",
            .rule(BruteRule(seconds: [5], minutes: [12], hours: hours) { $0.month == 1 })
        ),
        .init(
            "0 6 1-7 * +MON run",
            "0 6 * * MON#1",
            .rule(BruteRule(hours: [6]) { $0.day <= 7 && $0.weekday == 1 })
        ),
    ]

    @Test(arguments: rows)
    func `what is named is due when that is`(row: Row) throws {
        try #require(Self.hints.contains { $0.text == row.text && $0.hint.contains(row.named) })
        try row.meaning.check(row.named, except: row.except)
    }

    /// `*/7` → `@every 7m`, of a step that does not divide its field.
    static let steps = hints.filter { $0.hint.hasPrefix("@every ") && $0.text.contains("/") }

    @Test func `an even period is as long as the step`() throws {
        #expect(Self.steps.count >= 10)
        let units = [1, 60, 3600, 86_400].suffix(4)
        for (text, hint) in Self.steps {
            let period = try #require(Self.named(in: hint).first { $0.hasPrefix("@every") })
            let fields = text.split(separator: " ")
            let index = try #require(fields.firstIndex { $0.contains("/") })
            let step = try #require(Int(fields[index].split(separator: "/").last ?? ""))
            let unit = Array(units)[index + (fields.count == 5 ? 1 : 0)]
            try ForeignMeaning.every(Int64(step * unit)).check(period, except: nil)
        }
    }

    /// No expression of what was written: how one looks.
    static let examples: Set<String> = [
        "@every 5m", "@every 1h", "@every 1h30m", "30 2 * * *", "@daily", "0 10 * * MON",
    ]

    @Test func `every expression that a hint names is evaluated`() throws {
        #expect(Self.hints.count > 150)
        var evaluated = Set(Self.rows.map { "\($0.text) → \($0.named)" })
        for row in ForeignHintTests.all {
            for named in row.says { evaluated.insert("\(row.text) → \(named)") }
        }
        for row in Self.steps {
            for named in Self.named(in: row.hint) where named.hasPrefix("@every") {
                evaluated.insert("\(row.text) → \(named)")
            }
        }
        var count = 0
        for (text, hint) in Self.hints {
            for named in Self.named(in: hint) where named != text {
                count += 1
                let isKnown =
                    evaluated.contains("\(text) → \(named)") || Self.examples.contains(named)
                    // `except:` is evaluated with what stands beside it.
                    || named.hasPrefix("* * * * ") && hint.contains("except: [\"\(named)\"]")
                #expect(isKnown, "\(text): \(hint): \(named)")
            }
        }
        #expect(count >= 60)
    }

    /// All hints that tests have as golden texts, each with what it is about.
    static let hints: [(text: String, hint: String)] = {
        let errors =
            CronErrorTests.values + CronErrorTests.terms + CronErrorTests.extensions
            + CronErrorTests.wholes
        let remarked = CronLintTests.steps + CronLintTests.days + CronLintTests.order
        return ForeignHintTests.all.map { ($0.text, $0.hint) }
            + errors.compactMap { error in error.hint.map { (error.text, $0) } }
            + remarked.flatMap { text, _ in
                CronExpression.remarks(on: text).compactMap { remark in
                    remark.hint.map { (text, $0) }
                }
            }
            + CrontabHintTests.lines.map { ($0.line, $0.said) }
    }()

    /// The longest runs of words that are an expression by themselves.
    static func named(in hint: String) -> [String] {
        let words = hint.split(separator: " ").map { word in
            String(
                word.drop { "\"['".contains($0) }.reversed().drop { "\"]';:,".contains($0) }
                    .reversed()
            )
        }
        var found: [String] = []
        var start = 0
        next: while start < words.count {
            for count in [8, 7, 6, 5, 2, 1] where start + count <= words.count {
                let text = words[start..<start + count].joined(separator: " ")
                let isWhole = count > 2 || text.hasPrefix("@")
                if isWhole, (try? CronExpression(text)) != nil {
                    found.append(text)
                    start += count
                    continue next
                }
            }
            start += 1
        }
        return found
    }
}
