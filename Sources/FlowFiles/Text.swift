/// How texts from files are put into messages.
enum Text {
    /// `text` in quotes, cut to what a person can take in.
    static func quoted(_ text: String) -> String { "'\(clipped(text, to: 64))'" }

    static func clipped(_ text: String, to limit: Int = 160) -> String {
        let shown = text.unicodeScalars.prefix(limit)
        return shown.endIndex == text.unicodeScalars.endIndex ? text : "\(String(shown))…"
    }

    /// Where `needle` first stands in `text`, in UTF-8 bytes from 0.
    ///
    /// By bytes, because to `String` a mark after `{` makes it another character.
    static func offset(of needle: String, in text: String) -> Int? {
        let wanted = Array(needle.utf8)
        let bytes = Array(text.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return nil }
        return (0...(bytes.count - wanted.count)).first { start in
            bytes[start] == first && bytes[start...].starts(with: wanted)
        }
    }

    /// `text` with every character that could steer a terminal or hide text replaced by U+FFFD.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnprintable) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            shown.append(isUnprintable(scalar) ? "\u{FFFD}" : scalar)
        }
        return String(shown)
    }

    /// How many columns a terminal gives to `scalar`, roughly: 2 if East Asian wide, 0 for marks.
    static func width(_ scalar: Unicode.Scalar) -> Int {
        guard scalar.value >= 0x300 else { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: false
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Unicode's East_Asian_Width W and F, in whole blocks.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD,
    ]
}
