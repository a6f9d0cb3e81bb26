// Times `next` over a fixed set of expressions. For each zone and expression it prints
// NAME, ZONE, EXPRESSION, ns a fire, sum of the fires (to compare answers), allocations a fire.
// `Tests/Benchmarks/cron-peers/run` puts it beside other programs.
import AllocationCounter
import Cron
import Glibc
import HostTime

func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Starts spread over 2026, clock changes included, and ten fires from each.
func round(_ expression: CronExpression, in zone: Zone, starts: Int) -> Int64 {
    var sum: Int64 = 0
    for index in 0..<starts {
        var at = Instant(seconds: 1_767_225_600 + Int64(index) * 157_000)
        for _ in 0..<10 {
            guard let next = expression.next(after: at, in: zone) else { return -1 }
            at = next
            sum &+= next.seconds
        }
    }
    return sum
}

let lines = try readExpressions(CommandLine.arguments.dropFirst().first ?? "expressions.txt")
for name in ["UTC", "America/New_York"] {
    let zone = try ZoneDirectory.host.zone(named: name)
    for line in lines {
        let expression = try CronExpression(line)
        let sum = round(expression, in: zone, starts: 200)
        let repeats = 50
        var times: [Int64] = []
        let before = allocation_count()
        for _ in 0..<repeats {
            let start = nanoseconds()
            let again = round(expression, in: zone, starts: 200)
            times.append(nanoseconds() - start)
            precondition(again == sum, "the same question has the same answer")
        }
        let fires = repeats * 2000
        // The array of times is the benchmark's own.
        let each = Double(max(0, allocation_count() - before - 8)) / Double(fires)
        times.sort()
        let ns = Double(times[repeats / 2]) / 2000
        print("flower", name, line, ns, sum, each, separator: "\t")
    }
}

func readExpressions(_ path: String) throws -> [String] {
    guard let file = fopen(path, "r") else { throw Missing(path: path) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

struct Missing: Error {
    let path: String
}
