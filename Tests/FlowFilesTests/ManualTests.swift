import Foundation
import Testing

@testable import FlowFiles

/// flower(5), which is written by hand, and the keys that are read.
@Suite struct ManualTests {
    /// The sections of the page by their headings.
    private static let sections: [String: String] = {
        let top = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let page = try? String(
            contentsOfFile: "\(top)/Sources/FlowerKit/Manual/flower.5",
            encoding: .utf8
        )
        var sections: [String: String] = [:]
        for part in (page ?? "").components(separatedBy: "\n.SH ").dropFirst() {
            sections[String(part.prefix { $0 != "\n" })] = part
        }
        return sections
    }()

    /// `key:` in bold, of an item's heading.
    private static func keys(in section: String) throws -> Set<String> {
        let text = try #require(sections[section])
        var keys: Set<String> = []
        for line in text.split(separator: "\n") where line.hasPrefix(".BI ") {
            for word in line.split(whereSeparator: { " \"{".contains($0) })
            where word.hasSuffix(":") {
                keys.insert(String(word.dropLast()))
            }
        }
        return keys
    }

    @Test(
        arguments: [
            ("THE FLOW", [Keys.flow], [Keys.expect, Keys.notify]),
            ("SCHEDULES", [Keys.schedule], [Keys.exception]),
            ("TASKS", [Keys.task], []), ("RETRIES", [Keys.retries], [Keys.retryOn]),
        ]
    )
    func `has each key in its section, and no other`(
        section: String,
        keys: [Keys],
        inner: [Keys]
    ) throws {
        let written = try Self.keys(in: section)
        let known = Set(keys.flatMap(\.known))
        #expect(known.subtracting(written) == [])
        #expect(written.subtracting(known).subtracting(inner.flatMap(\.known)) == [])
    }

    /// What stands within a line, in bold.
    @Test(
        arguments: [
            ("THE FLOW", Keys.expect), ("THE FLOW", Keys.notify), ("SCHEDULES", Keys.exception),
            ("RETRIES", Keys.retryOn), ("HOOKS", Keys.hook),
        ]
    )
    func `has the keys of what stands within`(section: String, keys: Keys) throws {
        let text = try #require(Self.sections[section])
        let words = Set(text.split { !($0.isLetter || $0 == "_") }.map(String.init))
        #expect(Set(keys.known).subtracting(words) == [])
    }
}
