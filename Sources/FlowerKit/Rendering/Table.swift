/// Rows under a heading, as `systemctl list-timers` sets them: columns two blanks apart.
struct Table {
    struct Column {
        let title: String
        var isNumber = false
        /// Free text: on a terminal it gives way before any other column does.
        var isFree = false
    }

    struct Cell {
        let text: String
        var style = Style.plain

        init(_ text: String, _ style: Style = .plain) {
            // A line end in a name would tear the row apart, in a file as on a terminal.
            self.text = Printable.line(text)
            self.style = style
        }
    }

    let columns: [Column]
    /// Each has as many cells as there are columns.
    var rows: [[Cell]] = []
    /// Under the rows, after an empty line.
    var footer: String?

    private static let gap = 2
    /// Narrower no free text is made; what then is too long is cut off at the terminal's edge.
    private static let leastFree = 8

    /// - Parameter width: of a terminal, beyond which no line goes; `nil` for a file or pipe.
    func rendered(width: Int?, colour: Bool) -> String {
        var text = ""
        if !rows.isEmpty {
            let widths = widths(within: width)
            let heading = columns.map { Cell($0.title, .heading) }
            for row in [heading] + rows {
                text += line(row, widths, within: width, colour: colour) + "\n"
            }
            if footer != nil { text += "\n" }
        }
        return text + (footer.map { $0 + "\n" } ?? "")
    }

    private func widths(within limit: Int?) -> [Int] {
        var widths = columns.map { DisplayWidth.of($0.title) }
        for row in rows {
            precondition(row.count == columns.count, "a row has a cell for each column")
            for (index, cell) in row.enumerated() {
                widths[index] = max(widths[index], DisplayWidth.of(cell.text))
            }
        }
        guard let limit else { return widths }
        let excess = widths.reduce(0, +) + Self.gap * (columns.count - 1) - limit
        if excess > 0, let free = columns.firstIndex(where: \.isFree) {
            widths[free] = max(widths[free] - excess, min(widths[free], Self.leastFree))
        }
        return widths
    }

    private func line(
        _ cells: [Cell],
        _ widths: [Int],
        within limit: Int?,
        colour: Bool
    ) -> String {
        var line = ""
        var room = limit ?? .max
        // Nothing follows the last cell that says something: no blanks at a line's end.
        let last = cells.lastIndex { !$0.text.isEmpty } ?? 0
        for (index, cell) in cells[...last].enumerated() {
            let shown = DisplayWidth.truncated(cell.text, to: min(widths[index], room))
            let width = DisplayWidth.of(shown)
            let padding = String(repeating: " ", count: max(0, min(widths[index], room) - width))
            let styled = colour ? cell.style.applied(to: shown) : shown
            if columns[index].isNumber {
                line += padding + styled
            } else {
                line += styled + (index == last ? "" : padding)
            }
            room -= widths[index] + Self.gap
            guard index < last, room > 0 else { break }
            line += String(repeating: " ", count: Self.gap)
        }
        return line
    }
}

/// What a cell's colour says; SGR codes of ECMA-48.
enum Style {
    case plain
    case heading
    case good
    case bad
    case active
    case faint

    func applied(to text: String) -> String {
        let code: String
        switch self {
        case .plain: return text
        case .heading: code = "4"
        case .good: code = "32"
        case .bad: code = "1;31"
        case .active: code = "33"
        case .faint: code = "2"
        }
        return text.isEmpty ? text : "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
