/// A page for man(1), in the macros of man(7): read alike by groff and mandoc.
struct Roff {
    private(set) var text: String

    /// `.TH`: the first line of every page.
    init(title: String, section: Int, date: String, source: String) {
        // The date as it is: mandoc reads it.
        text = ".TH \"\(Self.plain(title))\" \(section) \(date) \"\(Self.plain(source))\" Flower\n"
    }

    mutating func section(_ title: String) { text += ".SH \"\(Self.plain(title))\"\n" }

    mutating func subsection(_ title: String) { text += ".SS \"\(Self.plain(title))\"\n" }

    mutating func lineBreak() { text += ".br\n" }

    mutating func paragraph(_ text: String) { paragraph(words: Self.plain(text)) }

    /// - Parameter words: escaped already.
    mutating func paragraph(words: String) {
        self.text += ".PP\n"
        line(words)
    }

    /// A term with what it means below it.
    ///
    /// - Parameter term: escaped already.
    mutating func item(_ term: String, _ meaning: String) {
        text += ".TP\n"
        line(term)
        line(Self.plain(meaning))
    }

    /// The first line under a heading, or one that goes on with what stands before.
    ///
    /// - Parameter words: escaped already.
    mutating func line(_ words: String) {
        // A dot or an apostrophe at the beginning would make the line a macro.
        let isMacro = words.hasPrefix(".") || words.hasPrefix("'") || words.hasPrefix("\\(aq")
        text += (isMacro ? "\\&" : "") + words + "\n"
    }

    static func bold(_ text: String) -> String { "\\fB\(plain(text))\\fR" }

    static func italic(_ text: String) -> String { "\\fI\(plain(text))\\fR" }

    /// `text` as it stands: what roff would take for its own, and what it would print as another character
    /// (groff_char(7)), escaped; line ends as blanks.
    static func plain(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "\"": result += "\\(dq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "\n": result += " "
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let zeros = String(repeating: "0", count: max(0, 4 - digits.count))
                result += "\\[u\(zeros)\(digits)]"
            }
        }
    }
}
