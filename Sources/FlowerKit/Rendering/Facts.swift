/// Names and values in lines, the names right-aligned: `systemctl status` has them so.
struct Facts {
    private var lines: [(name: String, value: Table.Cell)] = []

    /// Adds a line, unless there is nothing to say.
    mutating func add(_ name: String, _ value: String?, _ style: Style = .plain) {
        if let value, !value.isEmpty { lines.append((name, Table.Cell(value, style))) }
    }

    func rendered(width: Int?, colour: Bool) -> String {
        let indent = lines.map(\.name.count).max() ?? 0
        return lines.map { name, value in
            let room = width.map { max(1, $0 - indent - 2) } ?? .max
            let shown = DisplayWidth.truncated(value.text, to: room)
            let padding = String(repeating: " ", count: indent - name.count)
            return "\(padding)\(name): \(colour ? value.style.applied(to: shown) : shown)\n"
        }
        .joined()
    }
}
