/// Names and text made from a crontab.
extension Crontab.Entry {
    /// The flow that an entry becomes: `<stem>.<program>-<6 hex digits of the command's FNV-1a>`.
    ///
    /// It depends on the command alone, so moving or rescheduling a line keeps its history. Always a
    /// flow name: `[a-z0-9][a-z0-9._-]{0,63}`.
    package func flowName(stem: String) -> String {
        let digits = String(FNV1a.hash(command), radix: 16)
        let hash = (String(repeating: "0", count: 16 - digits.count) + digits).prefix(6)
        let stem = Self.nameText(stem, limit: 28)
        return "\(stem.isEmpty ? "crontab" : stem).\(programName)-\(hash)"
    }

    /// The program that a command mainly runs, as part of a name; `command` if there is none.
    package var programName: String {
        for word in command.split(whereSeparator: \.isWhitespace) {
            let isOption = word.hasPrefix("-") || word.contains("=")
            let name = Self.nameText(String(word.split(separator: "/").last ?? ""), limit: 28)
            if !isOption, !Self.wrappers.contains(name), name.contains(where: \.isLetter) {
                return name
            }
        }
        return "command"
    }

    /// Words that stand before the program that a line is about.
    private static let wrappers: Set<String> = [
        "test", "if", "then", "exec", "nice", "ionice", "command", "env", "cd", "sh", "bash",
        "time",
    ]

    /// What of a text may stand in a flow's name.
    private static func nameText(_ text: String, limit: Int) -> String {
        let kept = text.lowercased().unicodeScalars.compactMap { scalar -> Character? in
            switch scalar {
            case "a"..."z", "0"..."9", "_": Character(scalar)
            case "-", ".": Character(scalar)
            default: nil
            }
        }
        let trimmed = kept.drop { !$0.isLetter && !$0.isNumber }
        return String(trimmed.prefix(limit))
    }
}

extension Crontab {
    /// The file written again, one spelling for each meaning; reading it gives the same entries.
    package var canonicalText: String {
        var lines: [(line: Int, text: String)] = assignments.map { assignment in
            (assignment.line, "\(assignment.name)=\(Self.quoted(assignment.value))")
        }
        for entry in entries {
            let user = entry.user.map { " \($0)" } ?? ""
            lines.append(
                (entry.line, "\(entry.schedule.canonicalText)\(user) \(entry.commandText)")
            )
        }
        return lines.sorted { $0.line < $1.line }.map { $0.text + "\n" }.joined()
    }

    /// In quotes where the bare value would be read as something else.
    private static func quoted(_ value: String) -> String {
        let bytes = Array(value.utf8)
        func needsQuotes(_ byte: UInt8?) -> Bool {
            guard let byte else { return true }
            return byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte <= 0x20
        }
        guard needsQuotes(bytes.first) || (bytes.last ?? 0) <= 0x20 else { return value }
        // A value that was quoted cannot contain its own quote.
        return value.contains("\"") ? "'\(value)'" : "\"\(value)\""
    }
}
