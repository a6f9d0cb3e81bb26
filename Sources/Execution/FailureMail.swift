import Flows
import Glibc
import Storage

/// What `notify: {mail: …}` sends: which run failed, why, and where to see more.
///
/// Nothing of a task reaches a header, so that no output can make one: the subject is of names whose
/// letters are known, and the recipients were checked when the flow was read.
struct FailureMail {
    let host: String
    let flow: String
    let run: Int64
    let recipients: [String]
    let failures: RunFailures

    /// So many are told of, each with its last lines.
    static let tasksTold = 10
    static let linesTold = 50
    /// RFC 5322, section 2.1.1: a line has at most 998 bytes; a mark of three may follow.
    static let lineBytes = 990

    var text: String {
        let headers = [
            "To: \(recipients.joined(separator: ", "))",
            "Subject: \(Self.word(flow)) run \(run) failed on \(Self.word(host))",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=UTF-8",
            "Content-Transfer-Encoding: 8bit",
        ]
        let noun = failures.count == 1 ? "1 task" : "\(failures.count) tasks"
        let what = failures.isTimedOut ? "it \(LateRun.words); \(noun) not done" : noun
        var lines = ["Run \(run) of flow '\(flow)' failed on \(host): \(what)."]
        for failure in failures.shown { lines += [""] + Self.told(failure) }
        let more = failures.count - failures.shown.count
        if more > 0 {
            lines += ["", "\(more) more \(failures.isTimedOut ? "not done" : "failed")."]
        }
        lines += ["", "flower status \(run)"]
        if let first = failures.shown.first(where: { $0.attempt != nil }) {
            lines.append("flower logs \(run) '\(first.name)'")
        }
        lines.append("flower rerun \(run) --failed")
        return (headers + [""] + lines).map { Self.safe($0) + "\n" }.joined()
    }

    private static func told(_ failure: FailedTask) -> [String] {
        let attempt = failure.attempt.map { ", attempt \($0.number)" } ?? ""
        let reason =
            failure.isUndone
            ? LateRun.reason(after: failure.attempt) : failure.attempt?.reason ?? "failed"
        let title = "\(failure.name)\(attempt): \(reason)"
        var lines = failure.tail.split(separator: 10, omittingEmptySubsequences: false)
        while let last = lines.last, last.isEmpty { lines.removeLast() }
        return [title]
            + lines.suffix(linesTold).map { "  | " + String(decoding: $0, as: UTF8.self) }
    }

    /// One line: no control character, and no longer than a mail may have it.
    private static func safe(_ line: String) -> String {
        var safe = String.UnicodeScalarView()
        var bytes = 0
        for scalar in line.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > lineBytes { return String(safe) + "…" }
            let isControl =
                scalar.value < 0x20 && scalar != "\t" || (0x7F..<0xA0).contains(scalar.value)
            safe.append(isControl ? "\u{FFFD}" : scalar)
        }
        return String(safe)
    }

    /// For a header: letters, digits, `.`, `_` and `-`, which is what names of flows and hosts are of.
    private static func word(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 > 0x20 && $0 < 0x7F }.prefix(255), as: UTF8.self)
    }
}

/// What this host is called, gethostname(2).
enum HostName {
    static let current: String = {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        let name = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: name, as: UTF8.self)
    }()
}
