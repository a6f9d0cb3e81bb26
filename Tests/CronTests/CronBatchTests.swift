import HostTime
import Testing

@testable import Cron

@Suite struct CronBatchTests {
    private func answers(_ text: String) -> String {
        CronBatch.answers(text) { name throws(ZoneError) in
            try ZoneDirectory.host.zone(named: name)
        }
    }

    @Test func `each case has one line, in order`() {
        let cases = """
            0 6 * * *\tUTC\t2026-01-01T00:00:00Z\t2
            0 6 31 4 *\tUTC\t2026-01-01T00:00:00Z\t2
            H H * * *\tUTC\t2026-01-01T00:00:00Z\t1\tbackup
            CRON_TZ=Asia/Tokyo @daily\tUTC\t2026-01-01T00:00:00Z\t1

            """
        let expected = """
            2026-01-01T06:00:00+00:00 2026-01-02T06:00:00+00:00

            2026-01-01T13:40:00+00:00
            2026-01-02T00:00:00+09:00

            """
        #expect(answers(cases) == expected)
    }

    static let wrong: [(text: String, answer: String)] = [
        (
            "61 * * * *\tUTC\t2026-01-01T00:00:00Z\t1",
            "error: minute: 61 is out of range 0-59 (column 1)"
        ),
        (
            "@daily\tNo/Such\t2026-01-01T00:00:00Z\t1",
            "error: no zone 'No/Such' in \(ZoneDirectory.host.path)"
        ),
        (
            "@daily\tUTC\t2026-01-01\t1",
            "error: '2026-01-01' is not an instant: 'T' is missing;"
                + " write 2026-03-29T02:00:00+01:00"
        ),
        (
            "@daily\tUTC\t2026-01-01T00:00:00Z\t-1",
            "error: count: '-1' is not a number from 0 to 1000000"
        ),
        ("@daily", "error: case: 1 cells where 4 or 5 are needed"),
        ("", "error: case: 1 cells where 4 or 5 are needed"),
    ]

    @Test(arguments: wrong)
    func `a wrong case is answered, the others too`(text: String, answer: String) {
        let good = "0 6 * * *\tUTC\t2026-01-01T00:00:00Z\t1"
        #expect(answers("\(text)\n\(good)") == "\(answer)\n2026-01-01T06:00:00+00:00\n")
    }
}
