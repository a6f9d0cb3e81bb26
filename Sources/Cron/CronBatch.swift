/// Many questions at once, as `flower cron next --batch` answers them.
///
/// A case is a line `EXPR ⇥ ZONE ⇥ AFTER ⇥ COUNT [⇥ HASHID]`; its answer is a line of instants
/// separated by a space, or `error: ` and the message.
package enum CronBatch {
    /// More fires than this for one case are refused.
    package static let countLimit = 1_000_000

    /// - Parameter zone: looks a name up; an empty one is the host's zone.
    package static func answer(
        _ line: Substring,
        zone: (String) throws(ZoneError) -> Zone
    ) -> String {
        let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard cells.count == 4 || cells.count == 5 else {
            return "error: case: \(cells.count) cells where 4 or 5 are needed"
        }
        do {
            let expression = try CronExpression(cells[0], hashID: cells.count == 5 ? cells[4] : "")
            let zone = try zone(expression.zoneName ?? cells[1])
            let after = try Instant(iso8601: cells[2])
            guard let count = Int(cells[3]), (0...countLimit).contains(count) else {
                return "error: count: '\(cells[3])' is not a number from 0 to \(countLimit)"
            }
            return expression.fires(after: after, in: zone).prefix(count)
                .map { $0.iso8601(in: zone) }.joined(separator: " ")
        } catch let error as CronError {
            return "error: \(error.message)"
        } catch {
            return "error: \(error)"
        }
    }

    /// The answers to all lines of a text, each line ended by a newline.
    package static func answers(
        _ text: String,
        zone: (String) throws(ZoneError) -> Zone
    ) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { answer($0, zone: zone) + "\n" }.joined()
    }
}
