import Cron

/// Compiled expressions by their text: of 100,000 schedules most say what another says already.
///
/// Of one thread.
final class ExpressionCache {
    private var known: [String: CronExpression] = [:]

    func expression(_ text: String, hashID: String) throws(CronError) -> CronExpression {
        // `H` and `~` stand for another value in each flow.
        guard !text.utf8.contains(where: { $0 == 0x48 || $0 == 0x68 || $0 == 0x7E }) else {
            return try CronExpression(text, hashID: hashID)
        }
        if let expression = known[text] { return expression }
        let expression = try CronExpression(text, hashID: hashID)
        known[text] = expression
        return expression
    }
}
