/// The text of one unit file or drop-in of systemd, as its settings in their order.
///
/// systemd.syntax(7); what systemd passes over with a word in its log is a `Complaint` here.
package struct UnitFile: Sendable {
    package struct Setting: Sendable, Hashable {
        /// `Timer` of `[Timer]`.
        package let section: String
        package let key: String
        /// Without blanks around it; a continued line is one, with a blank for each line's end.
        package let value: String
        /// Where it stands.
        package let path: String
        /// From 1; of a continued line its first.
        package let line: Int
    }

    package struct Complaint: Sendable, Hashable {
        package let line: Int
        package let message: String
    }

    package let path: String
    package private(set) var settings: [Setting] = []
    package private(set) var complaints: [Complaint] = []

    private var section = ""

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var pending: (text: String, line: Int)?
        let lines = rest.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let start = Self.trimmedStart(line)
            // Comments may stand between the lines of a continued one.
            if let first = start.first, first == 0x23 || first == 0x3B { continue }
            guard let text = String(validating: start, as: UTF8.self) else {
                complain(index + 1, "bytes that are no UTF-8: systemd passes the line over")
                pending = nil
                continue
            }
            var whole = pending ?? ("", index + 1)
            whole.text += text
            if Self.continues(text) {
                whole.text.removeLast()
                whole.text += " "
                pending = whole
                continue
            }
            pending = nil
            read(whole.text, line: whole.line)
        }
        if let pending { read(pending.text, line: pending.line) }
    }

    private mutating func read(_ text: String, line: Int) {
        let text = Self.trimmed(text)
        if text.isEmpty { return }
        if text.hasPrefix("[") {
            guard text.hasSuffix("]") else {
                complain(line, "a section's header without ']': systemd refuses the file")
                return
            }
            section = String(text.dropFirst().dropLast())
            return
        }
        guard let mark = text.firstIndex(of: "=") else {
            complain(line, "a line without '=': systemd passes it over")
            return
        }
        guard !section.isEmpty else {
            complain(line, "a setting before any section: systemd passes it over")
            return
        }
        settings.append(
            Setting(
                section: section,
                key: Self.trimmed(String(text[..<mark])),
                value: Self.trimmed(String(text[text.index(after: mark)...])),
                path: path,
                line: line
            )
        )
    }

    private mutating func complain(_ line: Int, _ message: String) {
        complaints.append(Complaint(line: line, message: message))
    }

    /// An odd number of backslashes at its end.
    private static func continues(_ text: String) -> Bool {
        !text.utf8.reversed().prefix { $0 == 0x5C }.count.isMultiple(of: 2)
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    private static func trimmedStart(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.drop(while: isBlank)
    }

    package static func trimmed(_ text: String) -> String {
        let start = text.utf8.drop(while: isBlank)
        let count = start.reversed().drop(while: isBlank).count
        return String(decoding: start.prefix(count), as: UTF8.self)
    }
}

extension UnitFile {
    /// As systemd reads a boolean; nil where it reads none.
    package static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "yes", "y", "true", "t", "on": true
        case "0", "no", "n", "false", "f", "off": false
        default: nil
        }
    }
}
