import Glibc
import Testing

@testable import Cron

/// Hints for what other schedulers write: each as it is told, and each expression that one names
/// evaluated against the other's own meaning.
@Suite struct ForeignHintTests {
    static let all =
        ForeignHint.eventBridge + ForeignHint.systemd + ForeignHint.words + ForeignHint.terms
        + ForeignHint.closest

    @Test(arguments: all)
    func `what is another scheduler's is told with what to write`(row: ForeignHint) {
        let error = #expect(throws: CronError.self) { try CronExpression(row.text) }
        #expect(error?.message == row.message)
        #expect(error?.hint == row.hint)
        // What is evaluated below is what the hint says.
        for expression in row.says + [row.except].compactMap(\.self) {
            let isSaid = row.hint.contains(expression)
            let terms = Set(expression.split(separator: " ")).subtracting(
                row.text.split(separator: " ")
            )
            #expect(isSaid || terms.allSatisfy { row.hint.contains($0) }, "\(expression)")
        }
    }

    @Test(arguments: all)
    func `an expression that a hint names is due when the other scheduler's is`(
        row: ForeignHint
    ) throws {
        for text in row.says { try row.meaning.check(text, except: row.except) }
    }
}

extension ForeignMeaning {
    /// 2026-01-31 23:59:30, 2027-12-28 06:00 and 2028-02-13 18:30: year's ends and a leap year's February.
    private static let starts: [Int64] = [1_769_903_970, 1_830_060_000, 1_834_079_400]
    private static let count = 60

    /// That an expression is due when this is, but for what an `except:` takes out.
    func check(_ text: String, except: String?) throws {
        let expression = try CronExpression(text, hashID: "a job")
        let except = try except.map { try CronExpression($0) }
        for start in Self.starts {
            let after = Instant(seconds: start)
            if case .every(let seconds) = self {
                let next = expression.next(after: after, in: .utc)
                #expect(next == Instant(seconds: start + seconds))
                continue
            }
            guard let theirs = try fires(after: start) else { continue }
            let ours = expression.fires(after: after, in: .utc).lazy.filter { fire in
                let before = Instant(seconds: fire.seconds - 1)
                return except?.next(after: before, in: .utc) != fire
            }
            #expect(
                Array(ours.prefix(Self.count)).map(\.seconds) == theirs,
                "\(text), \(start)"
            )
        }
    }

    /// `nil` where nobody can be asked.
    private func fires(after start: Int64) throws -> [Int64]? {
        switch self {
        case .systemd(let text):
            return try SystemdAnalyze.find()?.fires(text, after: start, count: Self.count)
        case .croniter(let text):
            guard let oracle = Oracle.find("croniter") else { return nil }
            let answer = try oracle.run("hints.py", input: "\(text)\t\(start)\t\(Self.count)\n")
            try #require(answer.isFine)
            return answer.output.split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
        case .quartz(let text):
            // `/10` is `0/10` there.
            let fields = text.split(separator: " ").map { $0.hasPrefix("/") ? "0\($0)" : "\($0)" }
            let seven = fields.count == 7 ? fields : fields.prefix(5) + ["?"] + fields.suffix(1)
            return QuartzRule.rule(Array(seven)).fires(after: start, count: Self.count)
        case .rule(let rule): return rule.fires(after: start, count: Self.count)
        case .every, .unsaid: return nil
        }
    }
}
