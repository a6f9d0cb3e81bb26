import Cron
import Flows

/// Fires with what clock changes do to them: moved, dropped, doubled.
struct CronFiresView {
    let expression: CronExpression
    let zone: Zone
    /// Where the search began.
    let from: Instant
    /// In the order of the search.
    let fires: [Instant]

    private struct Row {
        var at: Instant
        /// Nil for what does not fire.
        var fire: Instant?
        var mark: String?
        var note: String
    }

    /// The changes between the start and the last fire; the one beyond, which can repeat it, too.
    private var effects: [ClockEffect] {
        guard let last = fires.last else { return [] }
        let (first, end) = (min(from, last), max(from, last))
        return expression.clockEffects(
            after: Instant(seconds: first.seconds - 1),
            through: Instant(seconds: end.seconds + Self.repeatSeconds),
            in: zone
        )
    }

    /// A local time that comes twice comes again within a day and a bit.
    private static let repeatSeconds: Int64 = 26 * 3600

    private var rows: [Row] {
        let effects = effects
        var rows = fires.map { fire in
            let effect = effects.first { touches($0, fire) }
            return Row(
                at: fire,
                fire: fire,
                mark: effect.map { $0.kind == .moved ? "moved" : "doubled" },
                note: effect.map { note($0, of: fire) } ?? ""
            )
        }
        guard let last = fires.last else { return [] }
        let span = min(from, last)...max(from, last)
        for effect in effects where effect.kind == .dropped && span.contains(effect.at) {
            rows.append(Row(at: effect.at, mark: "dropped", note: note(effect, of: nil)))
        }
        let isForward = last >= from
        return rows.sorted { isForward ? $0.at < $1.at : $0.at > $1.at }
    }

    private func touches(_ effect: ClockEffect, _ fire: Instant) -> Bool {
        switch effect.kind {
        case .moved: return fire == effect.at
        case .dropped: return false
        case .doubled:
            let length = -effect.shiftSeconds
            return (effect.at.seconds - length..<effect.at.seconds + length).contains(fire.seconds)
        }
    }

    private func note(_ effect: ClockEffect, of fire: Instant?) -> String {
        let span = TimeText.span(abs(effect.shiftSeconds) * 1000)
        let change = "clocks go \(effect.shiftSeconds > 0 ? "forward" : "back") by \(span)"
        let others =
            effect.count > 1
            ? " and \(effect.count - 1)\(effect.count == ClockEffect.countLimit ? "+" : "") more"
            : ""
        let local = effect.firstLocalText + others
        switch effect.kind {
        case .moved: return "moved from \(local): \(change)"
        case .dropped where effect.shiftSeconds > 0: return "\(local) skipped: \(change)"
        case .dropped: return "\(local) not run again: \(change)"
        case .doubled:
            let isSecond = fire.map { $0 >= effect.at } ?? false
            return "\(isSecond ? "second" : "first") of two at this local time: \(change)"
        }
    }

    func table(now: Instant) -> Table {
        let time = TimeText(zone: zone, now: now)
        var table = Table(columns: [
            .init(title: "FIRE"), .init(title: "MARK"), .init(title: "NOTE", isFree: true),
        ])
        table.rows = rows.map { row in
            [
                .stamp(row.fire, time),
                .init(row.mark ?? "", row.mark == nil ? .plain : .active),
                .init(row.note, .faint),
            ]
        }
        return table
    }

    var json: JSONValue {
        let rows = rows
        return .object([
            "expression": .string(expression.canonicalText),
            "description": .string(expression.describe()),
            "timezone": .string(zone.name),
            "fires": .array(
                rows.filter { $0.fire != nil }.map { row in
                    .object([
                        "at": .instant(row.fire, in: zone),
                        "mark": .text(row.mark),
                        "note": .text(row.note.isEmpty ? nil : row.note),
                    ])
                }
            ),
            "dropped": .array(
                rows.filter { $0.fire == nil }.map { row in
                    .object(["change_at": .instant(row.at, in: zone), "note": .text(row.note)])
                }
            ),
        ])
    }
}
