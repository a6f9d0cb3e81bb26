import Testing

@testable import Cron

@Suite struct InstantTests {
    static let cases: [(milliseconds: Int64, seconds: Int64)] = [
        (0, 0), (999, 0), (1000, 1), (-1, -1), (-1000, -1), (-1001, -2),
    ]

    @Test(arguments: cases)
    func `seconds round towards the past`(milliseconds: Int64, seconds: Int64) {
        #expect(Instant(milliseconds: milliseconds).seconds == seconds)
    }
}
