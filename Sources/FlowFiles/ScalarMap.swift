/// Finds where in the file a character of a scalar's text stands, so that a caret can stand there.
enum ScalarMap {
    /// The place of the scalar at `offset` in `node`'s text, counted in Unicode scalars from 0.
    ///
    /// Exact where the text is on one line or in a literal block (`|`); elsewhere, and for an
    /// alias, the place of the whole value.
    static func place(
        _ offset: Int,
        length: Int = 1,
        in node: Node,
        _ source: SourceText
    ) -> Place {
        guard !node.isAlias, case .scalar(let text, let style) = node.content else {
            return node.place
        }
        if style == .literal {
            return literal(offset, length, text, node, source) ?? node.place
        }
        guard node.endLine == node.place.line, style != .folded else { return node.place }
        let columns = columns(of: style, in: source.line(node.place.line), from: node.place.column)
        guard let column = columns[checked: offset] else { return node.place }
        let end = columns[checked: offset + max(1, length)] ?? columns.last ?? column + 1
        return Place(line: node.place.line, column: column, length: max(1, end - column))
    }

    /// For each character of the value its column, and one more for its end.
    private static func columns(
        of style: Node.ScalarStyle,
        in line: [Unicode.Scalar],
        from column: Int
    ) -> [Int] {
        guard style != .plain else { return Array(column...max(column, line.count + 1)) }
        var columns: [Int] = []
        var index = column  // the character after the opening quote, from 0
        let quote: Unicode.Scalar = style == .singleQuoted ? "'" : "\""
        while index < line.count {
            let start = index
            if style == .singleQuoted, line[index] == quote {
                guard line[checked: index + 1] == quote else { break }
                index += 1
            } else if style == .doubleQuoted, line[index] == "\\" {
                index += escapeLength(line[checked: index + 1])
            } else if line[index] == quote {
                break
            }
            columns.append(start + 1)
            index += 1
        }
        return columns + [index + 1]
    }

    /// How many characters after the backslash belong to the escape (YAML 1.2, section 5.7).
    private static func escapeLength(_ letter: Unicode.Scalar?) -> Int {
        switch letter {
        case "x": 3
        case "u": 5
        case "U": 9
        default: 1
        }
    }

    /// In a literal block each line of the text is the end of one line of the file, below the `|`.
    private static func literal(
        _ offset: Int,
        _ length: Int,
        _ text: String,
        _ node: Node,
        _ source: SourceText
    ) -> Place? {
        var rest = offset
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if rest <= line.count {
                let number = node.place.line + 1 + index
                let written = source.line(number)
                guard written.count >= line.count else { return nil }
                return Place(
                    line: number,
                    column: written.count - line.count + rest + 1,
                    length: max(1, min(length, line.count - rest))
                )
            }
            rest -= line.count + 1
        }
        return nil
    }
}

extension Array {
    /// The element at `index`, or `nil` where there is none.
    subscript(checked index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
