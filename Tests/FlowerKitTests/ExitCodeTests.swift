import Storage
import Testing

@testable import FlowerKit

@Suite struct ExitCodeTests {
    /// sysexits.h's numbers; scripts and units depend on them.
    @Test func `the exit codes are those of the design`() {
        let listed = Dictionary(uniqueKeysWithValues: ExitCode.allCases.map { ($0, $0.rawValue) })
        #expect(
            listed == [
                .success: 0, .taskFailed: 1, .misuse: 64, .badInput: 65, .notFound: 66,
                .cannotCreate: 73, .unusable: 74, .refused: 75, .notAllowed: 77,
            ]
        )
    }

    @Test(
        arguments: [
            (.notFound, 66), (.cannotCreate, 73), (.unusable, 74), (.refused, 75),
            (.notAllowed, 77),
            (.badInput, 65),
        ] as [(StorageError.Code, Int32)]
    )
    func `each failure of the storage has its code`(code: StorageError.Code, number: Int32) {
        #expect(Failure(StorageError(code, "it failed")).code.rawValue == number)
    }

    @Test func `a failure is told with its hint`() {
        let failure = Failure(StorageError(.notFound, "there is no run 7", hint: "look elsewhere"))
        #expect(failure.text == "flower: there is no run 7\nhint: look elsewhere\n")
    }

    @Test func `what a failure quotes does not steer the terminal`() {
        let failure = Failure(.notFound, "there is no flow '\u{1B}[2Jx'")
        #expect(failure.text == "flower: there is no flow '\u{FFFD}[2Jx'\n")
    }
}
