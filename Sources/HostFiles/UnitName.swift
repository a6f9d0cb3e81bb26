/// The name of a unit of systemd, taken apart: `pg_dump@16-main.timer` (systemd.unit(5)).
package struct UnitName: Sendable, Hashable {
    /// Before `@`, or all but the suffix.
    package let prefix: String
    /// Between `@` and the suffix: nil without `@`, empty of a template.
    package let instance: String?
    /// `timer`.
    package let suffix: String

    /// Nil where it is none: systemd.unit(5) allows letters, digits and `:-_.\@`, 255 bytes in all.
    package init?(_ name: String) {
        guard name.utf8.count <= 255, let dot = name.lastIndex(of: "."), dot != name.startIndex
        else { return nil }
        let stem = name[..<dot]
        guard name.utf8.allSatisfy(Self.isNameByte) else { return nil }
        suffix = String(name[name.index(after: dot)...])
        if let at = stem.firstIndex(of: "@") {
            guard at != stem.startIndex else { return nil }
            prefix = String(stem[..<at])
            instance = String(stem[stem.index(after: at)...])
        } else {
            prefix = String(stem)
            instance = nil
        }
    }

    private init(prefix: String, instance: String?, suffix: String) {
        self.prefix = prefix
        self.instance = instance
        self.suffix = suffix
    }

    package var isTemplate: Bool { instance == "" }

    package var stem: String { prefix + (instance.map { "@\($0)" } ?? "") }
    package var text: String { "\(stem).\(suffix)" }

    /// `pg_dump@.timer` of `pg_dump@16-main.timer`; nil without an instance.
    package var template: UnitName? {
        guard let instance, !instance.isEmpty else { return nil }
        return UnitName(prefix: prefix, instance: "", suffix: suffix)
    }

    package func with(suffix: String) -> UnitName {
        UnitName(prefix: prefix, instance: instance, suffix: suffix)
    }

    /// The folders of its drop-ins in one place where units are, those that count more first:
    /// `a-b.timer.d`, `a-.timer.d`; of an instance its template's too.
    package var dropInFolders: [String] {
        var folders = ["\(text).d"]
        if let template { folders += template.dropInFolders }
        // `a-b-` is cut before its last dash, `a-b` behind it.
        if let dash = prefix.dropLast().lastIndex(of: "-") {
            let shorter = UnitName(
                prefix: String(prefix[...dash]),
                instance: instance,
                suffix: suffix
            )
            folders += shorter.dropInFolders
        }
        return folders
    }

    /// systemd-escape(1), undone: `-` is `/`, `\x2d` a byte.
    package static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "-") {
                bytes.append(UInt8(ascii: "/"))
            } else if byte == UInt8(ascii: "\\"), rest.count >= 3, rest.first == UInt8(ascii: "x"),
                let value = UInt8(
                    String(decoding: rest.dropFirst().prefix(2), as: UTF8.self),
                    radix: 16
                )
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: ":-_.\\@".utf8.contains(byte)
        }
    }
}
