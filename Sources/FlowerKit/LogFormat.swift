import ArgumentParser
import Cron
import Execution
import Flows

/// `flower logs -o`: the words and forms of journalctl(1).
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    /// Time, task and line.
    case short
    /// The line alone, as the task wrote it.
    case cat
    /// An object a line, of the journal's fields.
    case json
    /// The Journal Export Format, which systemd-journal-remote(8) takes.
    case export
}

/// Entries with their time, for `-o short`.
struct ShortLogView: LogFormatter {
    let zone: Zone
    let terminal: Terminal
    private var joiner = LineJoiner()

    init(zone: Zone, terminal: Terminal) {
        self.zone = zone
        self.terminal = terminal
    }

    /// `Nov 23 21:22:00 clean[3]#2: the line`.
    mutating func append(_ entry: LogEntry, to block: inout [UInt8]) {
        if joiner.begins(entry, &block) {
            block += "\(stamp(entry.readAt)) \(LogView.name(of: entry)): ".utf8
        }
        block += terminal.columns == nil ? entry.text : Array(terminal.printable(entry.text).utf8)
        joiner.end(entry, &block)
    }

    mutating func end(_ block: inout [UInt8]) { joiner.end(&block) }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// From YYYY-MM-DDTHH:MM:SS and what follows.
    private func stamp(_ instant: Instant) -> String {
        let text = Array(Instant(seconds: instant.seconds).iso8601(in: zone))
        let month = Int(String(text[5...6])) ?? 1
        return "\(Self.months[month - 1]) \(String(text[8...9])) \(String(text[11...18]))"
    }
}

/// The line alone: in a file or pipe the bytes that the task has written.
struct PlainLogView: LogFormatter {
    let terminal: Terminal
    private var joiner = LineJoiner()

    init(terminal: Terminal) { self.terminal = terminal }

    mutating func append(_ entry: LogEntry, to block: inout [UInt8]) {
        _ = joiner.begins(entry, &block)
        block += terminal.columns == nil ? entry.text : Array(terminal.printable(entry.text).utf8)
        joiner.end(entry, &block)
    }

    mutating func end(_ block: inout [UInt8]) {
        if terminal.columns != nil { joiner.end(&block) }
    }
}

/// All fields, for programs: as the journal has them, or those of them that are kept elsewhere too.
struct FieldLogView: LogFormatter {
    enum Form {
        case json
        case export
    }

    let form: Form
    let instance: String
    let flow: String
    let run: Int64

    func append(_ entry: LogEntry, to block: inout [UInt8]) {
        let fields = entry.fields.isEmpty ? kept(of: entry) : entry.fields
        switch form {
        case .json: appendJSON(fields, to: &block)
        case .export: appendExport(fields, to: &block)
        }
    }

    func end(_ block: inout [UInt8]) {}

    private func kept(of entry: LogEntry) -> [LogEntry.Field] {
        func field(_ name: String, _ text: String) -> LogEntry.Field {
            LogEntry.Field(name, Array(text.utf8))
        }
        return [
            field("__REALTIME_TIMESTAMP", "\(entry.readAt.milliseconds)000"),
            LogEntry.Field("MESSAGE", entry.text),
            field("PRIORITY", "\(entry.priority)"),
            field("SYSLOG_IDENTIFIER", "flower"),
            field("FLOWER_INSTANCE", instance),
            field("FLOWER_FLOW", flow),
            field("FLOWER_RUN", "\(run)"),
            field("FLOWER_TASK", entry.task),
            field("FLOWER_ITEM", "\(entry.item)"),
            field("FLOWER_ATTEMPT", "\(entry.attempt)"),
        ] + (entry.line.map { [field("FLOWER_LINE", "\($0)")] } ?? []) + [
            field("FLOWER_STREAM", "\(entry.stream)")
        ] + (entry.isOpen ? [field(LogEntry.openField, "none")] : [])
    }

    // MARK: - JSON

    /// As journalctl(1) has it: each value a string, or an array of bytes where it is no printable text;
    /// an array of these where a field comes more than once.
    private func appendJSON(_ fields: [LogEntry.Field], to block: inout [UInt8]) {
        var names: [String] = []
        var values: [String: [[UInt8]]] = [:]
        for field in fields {
            if values[field.name] == nil { names.append(field.name) }
            values[field.name, default: []].append(field.value)
        }
        block.append(UInt8(ascii: "{"))
        for (place, name) in names.enumerated() {
            if place > 0 { block.append(UInt8(ascii: ",")) }
            block += "\"\(name)\":".utf8
            let all = values[name, default: []].map(Self.json)
            block += (all.count == 1 ? all[0] : "[\(all.joined(separator: ","))]").utf8
        }
        block += "}\n".utf8
    }

    private static func json(_ value: [UInt8]) -> String {
        guard let text = String(validating: value, as: UTF8.self),
            !text.unicodeScalars.contains(where: isUnprintable)
        else { return "[\(value.map(String.init).joined(separator: ","))]" }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F..<0xA0: true
        default: false
        }
    }

    // MARK: - Export

    /// systemd's "Journal Export Formats": `NAME=value`, or where the value is no line of text its name,
    /// its size in 64 bits, least first, and its bytes; an empty line ends an entry.
    private func appendExport(_ fields: [LogEntry.Field], to block: inout [UInt8]) {
        for field in fields {
            block += field.name.utf8
            if Self.isLine(field.value) {
                block.append(UInt8(ascii: "="))
            } else {
                block.append(UInt8(ascii: "\n"))
                let size = UInt64(field.value.count)
                for shift in stride(from: 0, to: 64, by: 8) {
                    block.append(UInt8(truncatingIfNeeded: size >> UInt64(shift)))
                }
            }
            block += field.value
            block.append(UInt8(ascii: "\n"))
        }
        block.append(UInt8(ascii: "\n"))
    }

    private static func isLine(_ value: [UInt8]) -> Bool {
        guard let text = String(validating: value, as: UTF8.self) else { return false }
        return !text.unicodeScalars.contains { $0 == "\n" || isUnprintable($0) }
    }
}
