import ArgumentParser
import Storage

/// How much a command that lists prints at most: a table of so many rows that a person may read them, JSON of all
/// there are, unless it is said.
struct RowsOption: ParsableArguments {
    @Option(
        name: .letter("n"),
        help: ArgumentHelp(
            "At most so many (default: \(Store.rowsPerPage), of JSON all).",
            valueName: "number"
        )
    )
    var number: Int?

    func validate() throws { if let number { try Self.check(number) } }

    private static let most = 1_000_000

    static func check(_ number: Int, atMost most: Int = most) throws {
        guard (1...most).contains(number) else {
            throw ValidationError("-n takes a number from 1 to \(most)")
        }
    }
}
