import Storage

/// What a scheduler tells: a line for each fire that it gave its row.
enum FiresView {
    static func text(_ fires: [RecordedFire], _ time: TimeText) -> String {
        fires.map { line($0, time) + "\n" }.joined()
    }

    static func line(_ fire: RecordedFire, _ time: TimeText) -> String {
        let due = "\(fire.flow), due \(time.stamp(fire.dueAt))"
        if let run = fire.runID { return "registered run \(run) of \(due)" }
        let note = fire.note.map { ": \($0)" } ?? ""
        return Printable.line("not run (\(fire.outcome.rawValue)): \(due)\(note)")
    }
}
