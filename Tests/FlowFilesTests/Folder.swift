import Cron
import Flows
import Glibc
import HostTime
import TestSupport
import Testing

@testable import FlowFiles

/// A temporary folder with the files of a test.
final class Folder {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    init() {
        // Not thrown: a hundred expectations would need a `try` for a disk that is full.
        guard let folder = try? TemporaryFolder() else { fatalError("no temporary folder") }
        self.folder = folder
    }

    @discardableResult
    func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) -> String {
        let file = "\(path)/\(name)"
        guard let stream = fopen(file, "w") else {
            Issue.record("cannot write \(file)")
            return file
        }
        fwrite(bytes, 1, bytes.count, stream)
        fclose(stream)
        return file
    }

    @discardableResult
    func makeFolder(_ name: String) -> String {
        mkdir("\(path)/\(name)", 0o755)
        return "\(path)/\(name)"
    }

    @discardableResult
    func link(_ name: String, to target: String) -> String {
        symlink(target, "\(path)/\(name)")
        return "\(path)/\(name)"
    }

    /// What the loader says of files or folders in it, of itself where none is named.
    func load(_ names: String...) -> (files: [FlowSource], diagnostics: [Diagnostic]) {
        testLoader.load(paths: names.isEmpty ? [path] : names.map { "\(path)/\($0)" })
    }

    /// `text` with this folder's path taken out.
    func relative(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let range = rest.firstRange(of: "\(path)/") {
            result += rest[..<range.lowerBound]
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}

/// A loader whose host knows three components and four zones; it is 2026-07-01T00:00:00Z.
let testLoader = FlowFileLoader(
    components: [
        "echo": { input in
            guard case .object(let members) = input else { return "input is no mapping" }
            return members["text"] == nil ? "'text' is missing" : nil
        },
        "noop": { _ in nil },
        "http-post": { _ in nil },
    ],
    componentOutputs: { name, _ in name == "noop" ? [] : nil },
    zoneExists: { zones.contains($0) },
    zoneHint: { name in
        NearestZone.find(name, among: zones).map { "did you mean '\($0)'?" }
    },
    home: "/home/ada",
    runner: { "ada" },
    now: Instant(seconds: 1_782_864_000)
)

private let zones = ["Asia/Tokyo", "Europe/Berlin", "America/New_York", "UTC"]

/// What the loader says of one file named `a.yaml` with this text.
func load(_ text: String, as name: String = "a.yaml") -> (flows: [Flow], faults: [Diagnostic]) {
    load(Array(text.utf8), as: name)
}

func load(_ bytes: [UInt8], as name: String = "a.yaml") -> (flows: [Flow], faults: [Diagnostic]) {
    let folder = Folder()
    folder.write(name, bytes)
    let (files, diagnostics) = folder.load(name)
    let faults = diagnostics.map { diagnostic in
        var shown = diagnostic
        shown.path = folder.relative(diagnostic.path)
        shown.message = folder.relative(diagnostic.message)
        return shown
    }
    return (files.flatMap(\.flows), faults)
}

/// The findings about one file as a person sees them.
func rendered(_ text: String, as name: String = "a.yaml") -> String {
    load(text, as: name).faults.map(\.rendered).joined(separator: "\n")
}

/// The same line by line, without the excerpts, which have their own tests, and without indents.
func bareLines(_ text: String) -> [String] {
    load(text).faults.flatMap { fault in
        var bare = fault
        bare.excerpt = nil
        return bare.rendered.split(separator: "\n").map { line in String(line.drop { $0 == " " }) }
    }
}
