/// The expression's bytes while it is being read, and the one maker of errors about them.
struct CronText: Sendable {
    let text: String
    let bytes: [UInt8]
    /// Where reading ends: trailing blanks are not part of the schedule.
    let end: Int

    /// Longer than any list of every second, minute, hour, day, month, weekday and year.
    static let limitBytes = 4096

    init(_ text: String) {
        self.text = text
        let bytes = Array(text.utf8)
        self.bytes = bytes
        var end = bytes.count
        while end > 0, Self.isBlank(bytes[end - 1]) { end -= 1 }
        self.end = end
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    func skipBlanks(from position: Int) -> Int {
        var position = position
        while position < end, Self.isBlank(bytes[position]) { position += 1 }
        return position
    }

    /// The end of the run of non-blanks that starts at `position`.
    func wordEnd(from position: Int) -> Int {
        var position = position
        while position < end, !Self.isBlank(bytes[position]) { position += 1 }
        return position
    }

    func string(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    /// The whole character at `position`, for messages.
    func character(at position: Int) -> String {
        var next = position + 1
        while next < bytes.count, bytes[next] & 0xC0 == 0x80 { next += 1 }
        let shown = string(position..<next)
        return shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            ? "'\(shown)'" : "a control character"
    }

    /// An error at a range of bytes; columns and lengths are counted in characters.
    func error(
        _ field: String,
        _ problem: String,
        at range: Range<Int>,
        hint: String? = nil
    ) -> CronError {
        func scalars(_ range: Range<Int>) -> Int {
            bytes[range].count { $0 & 0xC0 != 0x80 }
        }
        return CronError(
            field: field,
            problem: problem,
            column: scalars(0..<range.lowerBound) + 1,
            length: scalars(range),
            hint: hint,
            text: text
        )
    }
}
