import Execution

/// A line of a task's output: bytes as they came, or made safe for a terminal.
struct LogView: LogFormatter {
    private let isNamed: Bool
    private let width: Int
    private let terminal: Terminal
    private var joiner = LineJoiner()

    /// Longer names are not padded to.
    private static let widthLimit = 24

    /// - Parameters:
    ///   - names: of all tasks that may come.
    ///   - isNamed: each line begins with its task's name.
    init(_ names: [String], isNamed: Bool, terminal: Terminal) {
        self.isNamed = isNamed
        self.terminal = terminal
        width = names.map(\.count).filter { $0 <= Self.widthLimit }.max() ?? 0
    }

    mutating func append(_ entry: LogEntry, to block: inout [UInt8]) {
        let begins = joiner.begins(entry, &block)
        if isNamed, begins { block += column(entry).utf8 }
        let isNote = entry.stream == .note
        if terminal.columns == nil {
            if isNote { block += "[flower: ".utf8 }
            block += entry.text
            if isNote { block += "]".utf8 }
        } else {
            let text = terminal.printable(entry.text)
            let shown = isNote ? "[flower: \(text)]" : text
            block += (terminal.usesColour && isNote ? Style.faint.applied(to: shown) : shown).utf8
        }
        joiner.end(entry, &block)
    }

    /// Without names, in a file or pipe, the bytes are those that the task has written.
    mutating func end(_ block: inout [UInt8]) {
        if isNamed || terminal.columns != nil { joiner.end(&block) }
    }

    /// `clean`, `clean[3]`, from the second attempt `clean#2`; of an event that is of no task `flower`.
    static func name(of entry: LogEntry) -> String {
        guard !entry.task.isEmpty else { return "flower" }
        var name = entry.task
        if entry.item != 0 { name += "[\(entry.item)]" }
        if entry.attempt > 1 { name += "#\(entry.attempt)" }
        return name
    }

    /// `clean    | `.
    private func column(_ entry: LogEntry) -> String {
        let name = Self.name(of: entry)
        let padded = name + String(repeating: " ", count: max(0, width - name.count))
        return (terminal.usesColour ? Style.faint.applied(to: padded + " |") : padded + " |") + " "
    }
}
