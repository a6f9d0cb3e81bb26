/// Rows under a heading, as `systemctl list-timers` sets them: columns two blanks apart.
///
/// On a terminal that is too narrow for them columns give way one after the other; see `TableLayout`.
struct Table {
    struct Column {
        let title: String
        var isNumber = false
        /// Free text: on a terminal it gives way before any other column does.
        var isFree = false
        /// On a terminal too narrow for all, columns are left out by this, the largest first; never those of 0.
        var dispensable = 0
    }

    struct Cell {
        let text: String
        /// In its place on a terminal that is too narrow for all.
        let shortText: String
        var style = Style.plain

        init(_ text: String, _ style: Style = .plain, short: String? = nil) {
            // A line end in a name would tear the row apart, in a file as on a terminal.
            self.text = Printable.row(text)
            shortText = short ?? self.text
            self.style = style
        }
    }

    var columns: [Column]
    /// Each has as many cells as there are columns.
    var rows: [[Cell]] = []
    /// Under the rows, after an empty line.
    var footer: String?

    /// - Parameter width: of a terminal, beyond which no line goes; `nil` for a file or pipe.
    func rendered(width: Int?, colour: Bool) -> String {
        var text = ""
        if !rows.isEmpty {
            let layout = TableLayout(self, within: width)
            let heading = columns.map { Cell($0.title, .heading) }
            for row in [heading] + rows {
                precondition(row.count == columns.count, "a row has a cell for each column")
                text += line(row, layout, within: width, colour: colour) + "\n"
            }
            if footer != nil { text += "\n" }
        }
        return text + (footer.map { $0 + "\n" } ?? "")
    }

    private func line(
        _ cells: [Cell],
        _ layout: TableLayout,
        within limit: Int?,
        colour: Bool
    ) -> String {
        var line = ""
        var room = limit ?? .max
        // Nothing follows the last cell that says something: no blanks at a line's end.
        let last = layout.places.lastIndex { !cells[$0].text.isEmpty } ?? 0
        for (number, place) in layout.places[...last].enumerated() {
            let (cell, column) = (cells[place], min(layout.widths[number], room))
            let text = layout.isShort ? cell.shortText : cell.text
            let shown = DisplayWidth.truncated(text, to: column)
            let padding = String(repeating: " ", count: max(0, column - DisplayWidth.of(shown)))
            let styled = colour ? cell.style.applied(to: shown) : shown
            if columns[place].isNumber {
                line += padding + styled
            } else {
                line += styled + (number == last ? "" : padding)
            }
            room -= layout.widths[number] + TableLayout.gap
            guard number < last, room > 0 else { break }
            line += String(repeating: " ", count: TableLayout.gap)
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
