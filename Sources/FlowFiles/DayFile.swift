import Cron
import Flows
import HostFiles

/// A file of days, one a line (`2026-12-24`), for `except`; what follows a `#` is not read.
struct DayFile: Sendable {
    let days: [String]

    /// - Parameter findings: the file's own.
    init(_ bytes: [UInt8], findings: Findings) {
        let source: SourceText
        do throws(SourceText.Fault) {
            source = try SourceText(bytes)
        } catch {
            findings.fault(error.message, at: error.place, hint: error.hint)
            days = []
            return
        }
        findings.source = source
        var days: [String] = []
        for number in 1...source.lineCount {
            let scalars = source.line(number)
            let content = scalars.prefix { $0 != "#" }
            let start = content.prefix { $0 == " " || $0 == "\t" }.count
            let end = content.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" } ?? -1
            guard start <= end else { continue }
            let text = content[start...end].reduce(into: "") { $0.unicodeScalars.append($1) }
            if Self.isDay(text) {
                days.append(text)
                continue
            }
            findings.fault(
                "\(Text.quoted(text)) is no day",
                at: Place(line: number, column: start + 1, length: end - start + 1),
                hint: "write one day a line, as 2026-12-24"
            )
        }
        self.days = days
    }

    /// `2026-12-24`, if the calendar has it.
    static func isDay(_ text: String) -> Bool {
        // Whether it is a date is all that is asked here.
        text.utf8.count == 10 && (try? Instant(iso8601: "\(text)T00:00:00Z")) != nil
    }
}

/// The files besides itself that a flow file's meaning depends on, each read once.
final class Dependencies {
    /// Absolute, as the flow file leads to them; those that cannot be read too.
    private(set) var paths: [String] = []
    private var contents: [String: [UInt8]] = [:]
    /// Files of variables: each launch reads them anew, so that they are no part of what a flow says.
    private var variableFiles: [String: VariableFile.Fault?] = [:]
    private let trust: FileTrust?
    private let launchTrust: FileTrust?

    /// - Parameters:
    ///   - trust: whether a file is believed; `nil` = each is.
    ///   - launchTrust: what a launch asks of a file of variables.
    init(trust: FileTrust? = nil, launchTrust: FileTrust? = nil) {
        self.trust = trust
        self.launchTrust = launchTrust
    }

    func bytes(at path: String) throws(FileReader.Fault) -> [UInt8] {
        if let bytes = contents[path] { return bytes }
        if !paths.contains(path) { paths.append(path) }
        do throws(FileTrust.Fault) {
            try trust?.check(path)
        } catch {
            throw FileReader.Fault(message: error.message, hint: error.hint)
        }
        let bytes = try FileReader.contents(of: path)
        contents[path] = bytes
        return bytes
    }

    /// What a launch would say of a file of variables that is there and may be read by us; `nil` = nothing.
    func fault(of file: VariableFile) -> VariableFile.Fault? {
        if let known = variableFiles[file.path] { return known }
        var fault: VariableFile.Fault?
        do throws(VariableFile.Fault) {
            _ = try file.read(trust: launchTrust.flatMap { $0.user == 0 ? $0 : nil })
        } catch {
            if !error.isMissing, !error.isNotAllowed { fault = error }
        }
        variableFiles[file.path] = .some(fault)
        return fault
    }

    /// Of the flow file's bytes and of theirs: a change of any is a change of the flow.
    func digest(with bytes: [UInt8]) -> String {
        // A file that depends on no other has the digest of its bytes.
        var all = bytes
        for path in paths { all += [0] + Array(path.utf8) + [0] + (contents[path] ?? []) }
        return Digest.text(all)
    }

    /// Whoever watches for changes must watch a link as well as the file that it leads to.
    var watched: [String] {
        let all = paths + variableFiles.keys
        return Set(all + all.map(FileReader.resolved)).sorted()
    }
}
