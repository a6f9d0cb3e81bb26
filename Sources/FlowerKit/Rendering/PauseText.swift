import Storage

/// Pauses in words, wherever a paused flow is shown.
enum PauseText {
    /// Below a list; the others are counted.
    private static let mostLines = 10

    /// `Mon 2026-11-23 20:22:00 +01:00, until Tue 2026-11-24 06:00:00 +01:00: no disk`
    static func text(_ pause: Pause, _ time: TimeText) -> String {
        time.stamp(pause.begunAt) + end(pause, time)
    }

    /// A line for each, to go below a list: `flow 'rest' is paused since …, until …: no disk`.
    static func lines(_ pauses: [(flow: String, pause: Pause)], _ time: TimeText) -> String {
        let shown = pauses.prefix(mostLines).map { flow, pause in
            "\nflow '\(flow)' is paused since \(text(pause, time))"
        }
        let rest = pauses.count - shown.count
        return shown.joined() + (rest > 0 ? "\n\(counted(rest, "more flow")) paused" : "")
    }

    private static func end(_ pause: Pause, _ time: TimeText) -> String {
        (pause.until.map { ", until \(time.stamp($0))" } ?? "")
            + (pause.reason.map { ": \(Printable.line($0))" } ?? "")
    }
}
