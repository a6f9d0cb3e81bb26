import Foundation
import Testing

/// `SCHEMA.md` says what each column means: of every table, every column, and no others.
@Suite struct SchemaPageTests {
    @Test func `the page lists the columns that the database has, in their order`() throws {
        let temporary = try TemporaryStore()
        let sql = """
            SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid
            """
        let columns = try temporary.shell(sql).split(separator: "\n").map(String.init)
        let page = try String(contentsOfFile: Self.pagePath, encoding: .utf8)
        var table = ""
        var described: [String] = []
        for line in page.split(separator: "\n") {
            if line.hasPrefix("## ") { table = String(line.dropFirst(3).prefix { $0 != ":" }) }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let isColumn = line.hasPrefix("| ") && cells.count == 2 && cells[0] != "column"
            if isColumn, cells[0] != "---" { described.append("\(table).\(cells[0])") }
        }
        let byTable = Dictionary(grouping: described) { $0.prefix { $0 != "." } }
        #expect(byTable.keys.sorted().flatMap { byTable[$0] ?? [] } == columns)
    }

    static var pagePath: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/Sources/Storage/SCHEMA.md"
    }
}
