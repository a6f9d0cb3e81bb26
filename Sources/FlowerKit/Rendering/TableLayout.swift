/// Which columns of a table are shown, and how wide.
///
/// In a file or pipe all of them, as wide as what they show. On a terminal, until the rows fit: free text gets
/// shorter, to what can still be read; instants are told without year, seconds and zone; columns that can be done
/// without are left out, one after the other; free text gets shorter still; at last what is widest, names after all else.
struct TableLayout {
    /// Of the columns that are shown, ascending.
    private(set) var places: [Int]
    /// Of each of `places`.
    private(set) var widths: [Int]
    /// Cells show their short text.
    private(set) var isShort = false

    static let gap = 2
    /// So much of a free text is wanted before other columns are left out for it.
    private static let wantedFree = 24
    /// Narrower no column is made; what then is too long is cut off at the terminal's edge.
    private static let leastWidth = 8

    init(_ table: Table, within limit: Int?) {
        let long = Self.widths(table) { $0.text }
        places = Array(table.columns.indices)
        widths = long
        guard let limit, excess(limit) > 0 else { return }
        let free = Set(places.filter { table.columns[$0].isFree })
        if fit(long, free, limit, least: Self.wantedFree) { return }
        isShort = true
        let short = Self.widths(table) { $0.shortText }
        if fit(short, free, limit, least: Self.wantedFree) { return }
        let order = places.filter { table.columns[$0].dispensable > 0 }
            .sorted { table.columns[$0].dispensable > table.columns[$1].dispensable }
        for (number, place) in order.enumerated() {
            places.removeAll { $0 == place }
            guard fit(short, free, limit, least: Self.wantedFree) else { continue }
            // The last to go may have made more room than was wanted.
            for earlier in order[..<number].reversed() {
                let before = self
                places = (places + [earlier]).sorted()
                if !fit(short, free, limit, least: Self.wantedFree) { self = before }
            }
            return
        }
        if fit(short, free, limit, least: Self.leastWidth) { return }
        // The first column has the names.
        shrink(widths.indices.dropFirst(), limit)
        shrink(widths.indices.prefix(1), limit)
    }

    private mutating func shrink(_ columns: some Collection<Int>, _ limit: Int) {
        while excess(limit) > 0,
            let widest = columns.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.leastWidth
        {
            widths[widest] -= 1
        }
    }

    /// Gives `places` the widths that `natural` has for them, free text what is left.
    ///
    /// - Returns: whether they are within `limit`, with `least` for each free text that is longer.
    private mutating func fit(
        _ natural: [Int],
        _ free: Set<Int>,
        _ limit: Int,
        least: Int
    ) -> Bool {
        widths = places.map { natural[$0] }
        for number in places.indices where free.contains(places[number]) {
            let over = max(0, excess(limit))
            widths[number] = max(widths[number] - over, min(widths[number], least))
        }
        return excess(limit) <= 0
    }

    private func excess(_ limit: Int) -> Int {
        widths.reduce(0, +) + Self.gap * (widths.count - 1) - limit
    }

    private static func widths(_ table: Table, _ text: (Table.Cell) -> String) -> [Int] {
        var widths = table.columns.map { DisplayWidth.of($0.title) }
        for row in table.rows {
            for (place, cell) in row.enumerated() {
                widths[place] = max(widths[place], DisplayWidth.of(text(cell)))
            }
        }
        return widths
    }
}
