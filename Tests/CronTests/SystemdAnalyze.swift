import Glibc
import Testing

@testable import Cron

/// systemd's own answers: `systemd-analyze calendar`.
struct SystemdAnalyze {
    /// Nil where there is none, said in one line; a fault where `FLOWER_REQUIRE` names `systemd`.
    static func find() -> SystemdAnalyze? {
        if access("/usr/bin/systemd-analyze", X_OK) == 0 { return SystemdAnalyze() }
        print("!!! systemd's calendar: CANNOT RUN, there is no systemd-analyze !!!")
        let required = getenv("FLOWER_REQUIRE").map { String(cString: $0) } ?? ""
        if required.split(separator: ",").contains("systemd") {
            Issue.record("FLOWER_REQUIRE names systemd, and there is no systemd-analyze")
        }
        return nil
    }

    /// Seconds since 1970 of the first `count` elapses after `start`, in UTC; fewer where there are no more.
    func fires(_ event: String, after start: Int64, count: Int) throws -> [Int64] {
        let base = Instant(seconds: start).iso8601().prefix(19).split(separator: "T")
        let command = """
            TZ=UTC LC_ALL=C /usr/bin/systemd-analyze calendar --iterations=\(count) \
            --base-time='\(base.joined(separator: " ")) UTC' '\(event)'
            """
        let pipe = try #require(popen(command, "r"))
        var found: [Int64] = []
        while let line = Self.line(of: pipe) {
            let words = line.split(separator: " ")
            // `Next elapse: Tue 2026-12-01 13:05:00 UTC`, `Iter. #2: …`; in another zone also `(in UTC): …`.
            guard line.contains("Next elapse:") || line.contains("Iter. #"), words.count >= 4,
                words[words.count - 1] == "UTC"
            else { continue }
            let text = "\(words[words.count - 3])T\(words[words.count - 2])Z"
            found.append(try Instant(iso8601: text).seconds)
        }
        try #require(pclose(pipe) == 0, "\(event)")
        return found
    }

    private static func line(of stream: UnsafeMutablePointer<FILE>) -> String? {
        var buffer = [CChar](repeating: 0, count: 512)
        guard fgets(&buffer, Int32(buffer.count), stream) != nil else { return nil }
        return String(
            decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init),
            as: UTF8.self
        )
    }
}
