/// What lines are that cron would not read, and other programs do.
extension CrontabReader {
    /// UTF-8's, which some editors write: cron(8) takes it for a part of the first line.
    ///
    /// - Returns: its length, or 0.
    mutating func byteOrderMark(of bytes: [UInt8]) -> Int {
        guard bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { return 0 }
        diagnostics.append(
            .init(
                severity: .error,
                line: 1,
                column: 1,
                message:
                    "a byte order mark before the first line, which cron takes for a part of it",
                hint: "save the file as UTF-8 without one"
            )
        )
        return 3
    }

    /// Some editors', to whom no line of it says anything.
    mutating func isUTF16(_ bytes: [UInt8]) -> Bool {
        guard bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) else {
            return false
        }
        diagnostics.append(
            .init(
                severity: .error,
                line: 1,
                column: 1,
                message: "the file is UTF-16, not UTF-8",
                hint: "save the file as UTF-8: iconv -f UTF-16 -t UTF-8"
            )
        )
        return true
    }

    /// Other languages' comments, and templates.
    static func notAnEntry(_ text: CronText) -> (problem: String, hint: String)? {
        let word = text.string(0..<text.wordEnd(from: 0))
        for mark in ["//", "/*", ";", "--"] where word.hasPrefix(mark) {
            return ("a comment does not begin with '\(mark)'", "write #")
        }
        guard ForeignSchedule.isPlaceholder(word) else { return nil }
        return (
            "'\(word)' is a template's place that was not filled in",
            "write the schedule there: 30 2 * * *, or @daily"
        )
    }

    /// Lines with a year, as supercronic takes them, or seconds: the five fields that say the same.
    static func longLineHint(_ text: CronText) -> String? {
        let words = text.text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        func written(_ range: Range<Int>) -> String { words[range].joined(separator: " ") }
        if words.count > 7, ForeignSchedule.readable(written(0..<7)) != nil {
            if words[0] == "0", words[6] == "*" {
                return "a crontab has five time fields: write \(written(1..<6))"
            }
            return
                "a crontab has five time fields; in a flow file cron: \"\(written(0..<7))\" says it"
        }
        guard words.count > 6, words[5] == "*", ForeignSchedule.readable(written(0..<5)) != nil
        else { return nil }
        let withoutYear = "a crontab has five time fields: write \(written(0..<5))"
        guard ForeignSchedule.readable(written(0..<6)) != nil else { return withoutYear }
        return words[0] == "0"
            ? "\(withoutYear); if the first are seconds, \(written(1..<6))"
            : "\(withoutYear); if the first are seconds, in a flow file cron: \"\(written(0..<6))\""
    }
}
