/// Text for a locale whose characters are not UTF-8: what Flower draws, in ASCII.
///
/// What others wrote (names, values, output) stays as it is in a file or pipe, which somebody may read back, and
/// is shown as `?` on a terminal, which could not show it.
enum ASCIIText {
    enum Place {
        /// A page of columns: each character keeps its width.
        case page
        /// A sentence.
        case sentence
    }

    static func of(_ text: String, _ place: Place, isTerminal: Bool) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var shown = ""
        for character in text {
            if character.isASCII {
                shown.append(character)
            } else if place == .sentence, let words = sentences[character] {
                shown += words
            } else if let mark = marks[character] {
                shown.append(mark)
            } else if isTerminal {
                shown += String(repeating: "?", count: DisplayWidth.of(character))
            } else {
                shown.append(character)
            }
        }
        return shown
    }

    private static let sentences: [Character: String] = ["…": "...", "→": "->"]

    private static let marks: [Character: Character] = [
        "…": "~", "→": ">", "├": "|", "└": "`", "│": "|", "─": "-", "\u{FFFD}": "?",
        // From none to all, as `StatsView` draws them.
        "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#",
    ]
}
