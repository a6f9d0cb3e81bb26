import Testing

@testable import FlowerKit

/// What is asked of `logs`, as words.
@Suite struct LogArgumentTests {
    @Test(
        arguments: [
            ("err", 0...3), ("3", 0...3), ("debug", 0...7), ("emerg", 0...0),
            ("warning..err", 3...4), ("err..warning", 3...4), ("0..7", 0...7),
        ] as [(String, ClosedRange<Int>)]
    )
    func `a priority stands for all that is more urgent, or for a range`(
        text: String,
        range: ClosedRange<Int>
    ) {
        #expect(PriorityArgument(argument: text)?.range == range)
    }

    @Test(arguments: [
        "", "8", "-1", "error", "ERR", "err.", "err..", "..err", "err...info", "err..x",
    ])
    func `what is no priority is refused`(text: String) {
        #expect(PriorityArgument(argument: text) == nil)
    }
}
