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
        let name = Self.nameText(ShellProgram.name(of: command) ?? "", limit: 28)
        return name.contains(where: \.isLetter) ? name : "command"
    }

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
            (
                assignment.line,
                "\(Self.quotedName(assignment.name))=\(Self.quotedValue(assignment.value))"
            )
        }
        for entry in entries {
            let user = entry.user.map { " \($0)" } ?? ""
            lines.append(
                (entry.line, "\(entry.schedule.canonicalText)\(user) \(entry.commandText)")
            )
        }
        return lines.sorted { $0.line < $1.line }.map { $0.text + "\n" }.joined()
    }

    /// A name in quotes unless it is a plain word: it could end early, or begin a comment.
    private static func quotedName(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            CronFieldParser.isLetter(byte) || CronFieldParser.isDigit(byte)
                || byte == UInt8(ascii: "_")
        }
        return isPlain ? name : inQuotes(name)
    }

    /// A value in quotes where bare it would be read as something else.
    private static func quotedValue(_ value: String) -> String {
        guard let first = value.utf8.first, let last = value.utf8.last else { return "\"\"" }
        let isQuote = first == UInt8(ascii: "'") || first == UInt8(ascii: "\"")
        let isBare =
            !isQuote && !CrontabAssignment.isSpace(first) && !CrontabAssignment.isSpace(last)
        return isBare ? value : inQuotes(value)
    }

    /// What was quoted cannot contain its own quote; what contains both was not quoted.
    private static func inQuotes(_ text: String) -> String {
        guard text.contains("\"") else { return "\"\(text)\"" }
        return text.contains("'") ? text : "'\(text)'"
    }
}
