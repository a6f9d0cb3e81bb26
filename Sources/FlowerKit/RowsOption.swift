import ArgumentParser
import Storage

/// How much a command that lists prints at most.
struct RowsOption: ParsableArguments {
    @Option(name: .shortAndLong, help: "At most so many.")
    var number = Store.rowsPerPage

    func validate() throws { try Self.check(number) }

    /// All of it is held in memory and printed at once.
    private static let most = 1_000_000

    static func check(_ number: Int, atMost most: Int = most) throws {
        guard (1...most).contains(number) else {
            throw ValidationError("-n takes a number from 1 to \(most)")
        }
    }
}
