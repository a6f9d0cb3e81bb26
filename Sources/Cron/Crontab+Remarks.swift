/// What a person should hear of a line that cron reads as it stands.
extension Crontab.Entry {
    /// Places are counted in the line.
    ///
    /// - Parameter isUser: whether a word is a user's name, and no program's.
    package func remarks(isUser: (String) -> Bool) -> [CronRemark] {
        let ofSchedule = CronExpression.remarks(on: scheduleText).map { remark in
            CronRemark(
                remark.severity,
                remark.message,
                hint: remark.hint,
                column: column + remark.column - 1,
                length: remark.length
            )
        }
        let ofCommand = [firstWord(isUser), percent].compactMap { remark in
            remark.map { CronRemark(.warning, $0.0, hint: $0.1, column: column) }
        }
        return ofSchedule + ofCommand
    }

    private func firstWord(_ isUser: (String) -> Bool) -> (String, String)? {
        let words = commandText.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let first = words.first, words.count > 1 else { return nil }
        let isField = first.utf8.allSatisfy { byte in
            CronFieldParser.isDigit(byte) || "*?,-/".utf8.contains(byte)
        }
        if isField, first.contains(where: { $0.isNumber || $0 == "?" }) {
            return (
                "the command begins with '\(first)', which looks like a sixth field of the schedule",
                "a crontab has five: minute hour day-of-month month day-of-week"
            )
        }
        guard user == nil, isUser(first) else { return nil }
        return (
            "the command begins with '\(first)', a user's name: a user's crontab has no column for it",
            "take '\(first)' out, or read the file with flower import --form system"
        )
    }

    /// A `%` that was not meant: inside of quotes, or of the format of date(1).
    private var percent: (String, String)? {
        guard input != nil else { return nil }
        var quote: UInt8?
        var last: UInt8 = 0
        var isEscaped = false
        for byte in commandText.utf8 {
            defer { last = byte }
            if isEscaped {
                isEscaped = false
                continue
            }
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "%"):
                guard quote != nil || last == UInt8(ascii: "+") else { return nil }
                return (
                    "an unescaped '%' ends the command\(quote == nil ? "" : " inside of quotes"), and the rest"
                        + " is its input",
                    "write \\% for a percent sign"
                )
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                if quote == nil { quote = byte } else if quote == byte { quote = nil }
            default: break
            }
        }
        return nil
    }
}
