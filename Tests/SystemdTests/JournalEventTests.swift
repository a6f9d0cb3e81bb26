import Foundation
import TestSupport
import Testing

@testable import Systemd

/// Events and the pages that explain them.
@Suite struct JournalEventTests {
    private func page(_ name: String) throws -> [Substring] {
        try String(contentsOfFile: "\(Box.package)/systemd/\(name)", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test func `the catalog has a text for each event, and for no other`() throws {
        let lines = try page("catalog/flower.catalog")
        let ids = lines.filter { $0.hasPrefix("-- ") }.map { String($0.dropFirst(3)) }
        #expect(ids == JournalEvent.Kind.allCases.map(\.messageID))
        for (number, line) in lines.enumerated() where line.hasPrefix("-- ") {
            #expect(lines[number + 1].hasPrefix("Subject: "), "\(line)")
            #expect(lines[number + 3] == "" && lines[number + 4] != "", "\(line)")
        }
    }

    @Test func `ids are those of no other event`() {
        let ids = Set(JournalEvent.Kind.allCases.map(\.messageID))
        #expect(ids.count == JournalEvent.Kind.allCases.count)
        // sd-id128(3)'s form.
        #expect(
            ids.allSatisfy { $0.count == 32 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } }
        )
    }

    @Test func `the page of fields has each event with its id`() throws {
        let rows = try page("journal-fields.md").filter { $0.hasPrefix("| ") }
        for kind in JournalEvent.Kind.allCases {
            let row = "| \(kind.messageID) | \(kind.rawValue) | "
            #expect(rows.contains { $0.hasPrefix(row) }, "\(kind)")
        }
    }

    @Test func `texts name only fields that the page lists`() throws {
        let listed = try page("journal-fields.md").filter { $0.hasPrefix("| FLOWER_") }
            .flatMap { $0.split(separator: "|")[0].split { " ,".contains($0) } }
        for line in try page("catalog/flower.catalog") {
            for (place, word) in line.split(separator: "@", omittingEmptySubsequences: false)
                .enumerated() where place % 2 == 1
            {
                #expect(listed.contains(word), "\(line)")
            }
        }
    }

    @Test func `an event's entry has its id, its word and its fields`() {
        let event = JournalEvent(.taskFailed, .error, "a\nb", [JournalField("FLOWER_RUN", 7)])
        #expect(
            event.entry.map { "\($0.name)=\($0.text)" } == [
                "MESSAGE=a\nb", "MESSAGE_ID=8b5072ca80bd4fa396573572032ab78b", "PRIORITY=3",
                "SYSLOG_IDENTIFIER=flower", "FLOWER_EVENT=task-failed", "FLOWER_RUN=7",
            ]
        )
    }
}
