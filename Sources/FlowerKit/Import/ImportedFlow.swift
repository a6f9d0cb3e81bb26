import Cron
import FlowFiles
import Flows

/// A command of a crontab as a flow, on its way to a file.
struct ImportedFlow {
    /// The crontab.
    let source: String
    let command: CrontabCommandLines

    init(source: String, _ command: CrontabCommandLines) {
        self.source = source
        self.command = command
    }

    var name: String { command.name }
    private var setting: CrontabSetting { command.job.setting }

    /// Whether two flow files say the same, wherever in the crontab its lines stand: apart from
    /// comments on lines of their own, and from the order in a list or mapping.
    static func isSame(_ a: String, _ b: String) -> Bool { statements(a) == statements(b) }

    /// Each line with the deeper ones below it, in an order of their own.
    private static func statements(_ text: String) -> [String] {
        var statements: [String] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("    "), let last = statements.indices.last {
                statements[last] += "\n\(line)"
            } else {
                statements.append(String(line))
            }
        }
        return statements.sorted()
    }
}

extension ImportedFlow {
    /// The flow file.
    var yaml: String {
        let entry = command.job.entry
        var lines = ["# From \(YAMLText.comment(source)), line \(entry.line)."]
        lines += command.carriedComments.map { YAMLText.comment($0) }
        lines.append("flow: \(YAMLText.word(name))")
        lines.append("schedules:")
        for line in command.lines {
            lines.append("  - cron: \(YAMLText.quoted(line.text))")
            if let zone = line.zoneName { lines.append("    timezone: \(YAMLText.word(zone))") }
        }
        lines.append("overlap: allow  # as cron does: a run does not wait for the one before it")
        if !setting.variables.isEmpty {
            lines.append("environment:")
            for variable in setting.variables {
                let value = YAMLText.quoted(YAMLText.literal(variable.value))
                lines.append("  \(variable.name): \(value)")
            }
        }
        if !setting.addresses.isEmpty {
            let addresses = setting.addresses.map { YAMLText.quoted($0) }.joined(separator: ", ")
            lines.append("notify: {mail: [\(addresses)]}  # when a command fails")
        }
        if let user = setting.user { lines.append("ran_as: \(YAMLText.word(user))  # by cron") }
        lines.append("working_directory: \(YAMLText.word(setting.folder))")
        lines.append("shell: [\(YAMLText.word(setting.shell))]")
        lines.append("tasks:")
        lines.append("  \(YAMLText.word(entry.programName)):")
        lines += action
        return lines.map { $0 + "\n" }.joined()
    }

    private var action: [String] {
        let (command, input) = (setting.command, setting.input)
        guard input.isEmpty else {
            // What cron does with the text after `%`. printf(1) is the shell's own, so a command
            // that does not read its input only closes a pipe.
            let script = #"printf %s "$1" | "$2" -c "$3""#
            let words = ["/bin/sh", "-c", script, "sh", input, setting.shell, command]
            return ["    exec:"]
                + words.map { "      - \(YAMLText.quoted(YAMLText.literal($0)))" }
        }
        guard YAMLText.isBlock(command) else { return ["    run: \(YAMLText.quoted(command))"] }
        return ["    run: |-", "      \(command)"]
    }
}

/// Scalars of YAML 1.2 that read back as the same text.
enum YAMLText {
    /// As it is where it is a plain word to every reader, else in quotes.
    static func word(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"),
                UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        let first = text.utf8.first ?? 0
        let begins = first == UInt8(ascii: "/") || first >= UInt8(ascii: "A")
        return isWord && begins && !others.contains(text.lowercased()) ? text : quoted(text)
    }

    /// Words that YAML 1.1 or 1.2 takes for something else.
    private static let others: Set<String> = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n",
    ]

    /// In double quotes, section 7.3.1, which can say everything.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            default:
                if isPlain(scalar) {
                    quoted.unicodeScalars.append(scalar)
                } else {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
                }
            }
        }
        return quoted + "\""
    }

    /// One line that a literal block (section 8.1.2) holds unchanged.
    static func isBlock(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { isPlain($0) || $0 == "\t" }
            && text.first.map { !$0.isWhitespace } == true && text.last?.isWhitespace == false
    }

    /// `${` starts a place to fill in; a flow file says it as `$${`.
    static func literal(_ text: String) -> String {
        text.replacing("${", with: "$${")
    }

    /// On one line, whatever a path holds.
    static func comment(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            line.append(isPlain(scalar) || scalar == "\t" ? scalar : "\u{FFFD}")
        }
        return String(line)
    }

    /// Printable, and no line break for any reader.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20..<0x7F, 0xA0...0x2027, 0x2030...0xD7FF, 0xE000..<0xFEFF, 0xFF00...0xFFFD,
            0x10000...0x10FFFF:
            true
        default: false
        }
    }
}
