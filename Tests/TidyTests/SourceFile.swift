import Foundation

/// A Swift file of the repository, as text.
struct SourceFile: Sendable {
    /// Relative to the repository: `Sources/Cron/Zone.swift`.
    let path: String
    let lines: [Substring]

    var isTest: Bool { path.hasPrefix("Tests/") }
    /// `Cron` of `Sources/Cron/Zone.swift`.
    var module: String { String(path.split(separator: "/")[1]) }

    /// Every Swift file below `Sources` and `Tests`, sorted by path.
    static let all: [SourceFile] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        var files: [SourceFile] = []
        for top in ["Sources", "Tests"] {
            let names = FileManager.default.enumerator(atPath: root.path + "/" + top)
            for case let name as String in names ?? .init() {
                guard name.hasSuffix(".swift"), !name.contains(".build") else { continue }
                let path = "\(top)/\(name)"
                // A file that cannot be read makes the list shorter, which a test notices.
                guard
                    let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
                else { continue }
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                files.append(SourceFile(path: path, lines: lines))
            }
        }
        return files.sorted { $0.path < $1.path }
    }()

    /// What it imports, attributes left out.
    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ").filter { !$0.hasPrefix("@") }
            guard words.count >= 2, words[0] == "import" else { return nil }
            return String(words[words.count - 1])
        }
    }
}
