import Glibc
import HostTime
import TestSupport
import Testing

@testable import Cron

/// Answers of programs that share no line with ours: cronsim, croniter, Python's zoneinfo.
///
/// They run where `FLOWER_ORACLE_PYTHON` names a Python with `Tests/Support/oracle`'s requirements
/// (`make test` makes one). Elsewhere the suite says that it cannot run; it fails for it only where
/// `FLOWER_REQUIRE` lists `oracle`.
@Suite struct OracleTests {
    private static let cases = 24_000

    @Test func `cronsim and croniter give the same fires, but for what the page lists`() throws {
        guard let oracle = Oracle.find("cronsim and croniter") else { return }
        // One seed unless another is asked for: the peers' faults have no end, and one that nobody
        // has met should not fail a stranger's build.
        let seed = getenv("FLOWER_SEED").map { String(cString: $0) } ?? "20260329"
        let questions = try oracle.run("cron.py cases \(seed) \(Self.cases)", input: "")
        #expect(questions.isFine)
        let answers = CronBatch.answers(questions.output) { name throws(ZoneError) in
            try ZoneDirectory.host.zone(named: name)
        }
        let verdict = try oracle.run("cron.py check \(seed) \(Self.cases)", input: answers)
        print(verdict.output)
        #expect(verdict.isFine, "\(verdict.output)")
    }

    @Test func `every zone of the host changes when Python says so, 1900 to 2400`() throws {
        guard let oracle = Oracle.find("Python's zoneinfo") else { return }
        let names = ZoneDirectory.host.names()
        let theirs = try oracle.run("zones.py", input: names.joined(separator: "\n"))
        #expect(theirs.isFine)
        let lines = theirs.output.split(separator: "\n")
        #expect(lines.count == names.count)
        for (name, line) in zip(names, lines) {
            let ours = try changes(of: name)
            let expected = line.split(separator: "\t").dropFirst().map(String.init)
            #expect(ours == expected, "\(name)")
        }
    }

    /// `START:OFFSET` of each span from 1900 to 2400, the first cut at 1900.
    private func changes(of name: String) throws -> [String] {
        let (from, to): (Int64, Int64) = (-2_208_988_800, 13_569_465_600)
        let zone = try ZoneDirectory.host.zone(named: name)
        var segment = zone.segment(at: from)
        var found = ["\(from):\(segment.offset)"]
        while segment.end < to {
            segment = zone.segment(at: segment.end)
            found.append("\(segment.start):\(segment.offset)")
        }
        return found
    }
}
