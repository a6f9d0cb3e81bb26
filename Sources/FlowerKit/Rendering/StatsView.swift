import Flows
import Storage

/// `flower stats FLOW`: how often it succeeds, how long it takes, and whether that changes.
enum StatsView {
    /// - Parameter rows: the flow as a whole, then its tasks.
    static func table(_ flow: String, _ rows: [StatsRow]) -> Table {
        var table = Table(columns: [
            .init(title: "FLOW AND TASKS"), .init(title: "RUNS", isNumber: true, dispensable: 1),
            .init(title: "SUCCEEDED", isNumber: true), .init(title: "P50", isNumber: true),
            .init(title: "P95", isNumber: true, dispensable: 2),
            .init(title: "MAX", isNumber: true, dispensable: 3),
            .init(title: "CPU", isNumber: true, dispensable: 5),
            .init(title: "MEMORY", isNumber: true, dispensable: 4),
            .init(title: "TREND", dispensable: 6),
        ])
        table.rows = rows.map { row in
            let name = row.name.isEmpty ? flow : "  " + row.name
            let rate = percent(row)
            return [
                .init(name, row.name.isEmpty ? .heading : .plain), .init("\(row.count)"),
                .init(rate, row.count > row.succeeded ? .bad : .plain),
                .init(span(row.percentile(0.5))), .init(span(row.percentile(0.95))),
                .init(span(row.durations.max())), .init(span(median(row.cpuMilliseconds))),
                .init(row.maxRSSKiB.map(memory) ?? "-"), .init(sparkline(row.durations)),
            ]
        }
        let runs = rows.first?.count ?? 0
        table.footer =
            "Of the last \(counted(runs, "settled run")); durations of what succeeded; the trend is"
            + " oldest to newest."
        return table
    }

    static func json(_ flow: String, _ rows: [StatsRow]) -> JSONValue {
        .array(
            rows.map { row in
                .object([
                    "flow": .string(flow),
                    "task": .text(row.name.isEmpty ? nil : row.name),
                    "count": .count(row.count),
                    "succeeded": .count(row.succeeded),
                    "p50_ms": .count(row.percentile(0.5)),
                    "p95_ms": .count(row.percentile(0.95)),
                    "max_ms": .count(row.durations.max()),
                    "cpu_ms": .count(median(row.cpuMilliseconds)),
                    "max_rss_kib": .count(row.maxRSSKiB),
                    "durations_ms": .array(row.durations.map { .count($0) }),
                ])
            }
        )
    }

    /// Rounded down but for all: 99.9 % is not everything.
    private static func percent(_ row: StatsRow) -> String {
        row.count == 0 ? "-" : "\(row.succeeded * 100 / row.count)%"
    }

    private static func span(_ milliseconds: Int64?) -> String {
        milliseconds.map { TimeText.span($0) } ?? "-"
    }

    private static func median(_ values: [Int64]) -> Int64? {
        values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
    }

    static func memory(_ kibibytes: Int64) -> String {
        kibibytes < 10 * 1024 ? "\(kibibytes)K" : "\(kibibytes / 1024)M"
    }

    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    /// More are taken together, each bar the largest of its part.
    private static let barsAtMost = 20

    /// Bars from zero to the largest: `▃▃▄▃█`.
    static func sparkline(_ values: [Int64]) -> String {
        guard let largest = values.max() else { return "-" }
        let count = min(values.count, barsAtMost)
        let parts = (0..<count).map { index in
            values[(index * values.count / count)..<((index + 1) * values.count / count)].max() ?? 0
        }
        return String(
            parts.map { value in
                largest == 0 ? bars[0] : bars[Int(value * Int64(bars.count - 1) / largest)]
            }
        )
    }
}
