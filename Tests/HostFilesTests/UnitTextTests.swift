import Foundation
import TestSupport
import Testing

@testable import HostFiles

/// Unit files of systemd as text: systemd.syntax(7), systemd.unit(5), systemd.time(7).
@Suite struct UnitTextTests {
    private func settings(_ text: String) -> [String] {
        UnitFile(path: "a.timer", bytes: Array(text.utf8)).settings.map { setting in
            "\(setting.line) \(setting.section) \(setting.key)=\(setting.value)"
        }
    }

    /// Each text with what it says.
    static let texts: [(String, [String])] = [
        ("[A]\nb=c\n", ["2 A b=c"]),
        ("[A]\nb=c", ["2 A b=c"]),
        ("\u{FEFF}[A]\r\n b = c d \t\r\n", ["2 A b=c d"]),
        ("[A]\nb=c=d\nb=\n", ["2 A b=c=d", "3 A b="]),
        // Comments, also between the lines of a continued one; a `#` further on is text.
        ("# x\n[A]\n; y\n  # z\nb=c # d\n", ["5 A b=c # d"]),
        ("[A]\nb=c \\\n# x\n  d\\\n;y\n e\nf=g", ["2 A b=c  d e", "7 A f=g"]),
        // An even number of backslashes is text; the file's end ends a line.
        ("[A]\nb=c\\\\\nd=e\\", ["2 A b=c\\\\", "3 A d=e"]),
        // A blank line ends a continued one.
        ("[A]\nb=c\\\n\nd=e\n", ["2 A b=c", "4 A d=e"]),
        ("b=c\n[A]\nnonsense\nd=e\n[B]\nf=g\n", ["4 A d=e", "6 B f=g"]),
    ]

    @Test(arguments: texts)
    func `settings are read in their order`(text: String, expected: [String]) {
        #expect(settings(text) == expected)
    }

    @Test func `what systemd passes over is complained of`() {
        let bytes = Array("b=c\n[A]\nnonsense\n[B\n".utf8) + [0x64, 0x3D, 0xE9, 0x0A]
        let file = UnitFile(path: "a", bytes: bytes)
        #expect(file.complaints.map(\.line) == [1, 3, 4, 5])
        #expect(file.settings.isEmpty)
    }

    /// Words with escapes, as of `ExecStart=`.
    static let words: [(String, [String])] = [
        ("a b\tc", ["a", "b", "c"]), ("", []), ("  ", []), ("'a b' \"c d\"", ["a b", "c d"]),
        ("--a=\"b c\"d", ["--a=b cd"]), ("''", [""]), ("a\\sb", ["a b"]), ("a\\x20b", ["a b"]),
        ("\\u00e9\\U0001F600", ["é😀"]), ("\\101\\n", ["A\n"]), ("'a\\'b'", ["a'b"]),
        ("\"a'b\"", ["a'b"]), ("a\\qb", ["a\\qb"]), ("a\\xzz", ["a\\xzz"]), ("\\\\;", ["\\;"]),
    ]

    @Test(arguments: words)
    func `words are taken apart as systemd does`(text: String, expected: [String]) throws {
        #expect(try UnitWords.split(text).map(\.text) == expected)
    }

    @Test(arguments: ["'a", "a \"b", "a\\", "a\\x00b", "\\000"])
    func `a quote or escape without an end is a fault`(text: String) {
        #expect(throws: UnitWords.Fault.self) { try UnitWords.split(text) }
    }

    @Test func `in a variable's value a backslash hides one character`() throws {
        let words = try UnitWords.split("a\\ b '\\n' \"c d\"", escapes: false)
        #expect(words.map(\.text) == ["a b", "n", "c d"])
    }

    static let spans: [(String, Int64?)] = [
        ("90", 90_000), ("5min 20s", 320_000), ("1.5h", 5_400_000), (".5s", 500),
        ("1h30", 3_630_000), ("2w", 1_209_600_000), ("1M", 2_629_800_000), ("250ms", 250),
        ("1y", 31_557_600_000), ("0", 0), ("12 hours", 43_200_000), ("1500us", 1),
        ("", nil), ("x", nil), ("5 parsecs", nil), ("-1", nil), ("infinity", nil),
    ]

    @Test(arguments: spans)
    func `a length of time has systemd's units`(text: String, milliseconds: Int64?) {
        #expect(UnitDuration(text)?.milliseconds == milliseconds)
    }

    @Test func `a name has its parts, and its folders of drop-ins`() throws {
        let name = try #require(UnitName("a-b-c@x-y.timer"))
        #expect(name.prefix == "a-b-c")
        #expect(name.instance == "x-y")
        #expect(name.template?.text == "a-b-c@.timer")
        #expect(name.with(suffix: "service").text == "a-b-c@x-y.service")
        let folders = [
            "a-b-c@x-y.timer.d", "a-b-c@.timer.d", "a-b-@x-y.timer.d", "a-b-@.timer.d",
            "a-@x-y.timer.d", "a-@.timer.d",
        ]
        #expect(Set(name.dropInFolders) == Set(folders))
        #expect(UnitName("a.timer")?.dropInFolders == ["a.timer.d"])
        for bad in ["timer", ".timer", "@a.timer", "a b.timer", "a/b.timer", "é.timer"] {
            #expect(UnitName(bad) == nil, "\(bad)")
        }
    }

    @Test func `specifiers are filled, and those of the host are refused`() throws {
        let name = try #require(UnitName("a-b@x-\\x2dy.service"))
        let specifiers = UnitSpecifiers(
            name: name,
            fragment: "/etc/systemd/system/a-b@.service",
            isUserUnit: false,
            userName: "root",
            uid: 0,
            home: "/root"
        )
        let expected: [(String, String)] = [
            ("%n", "a-b@x-\\x2dy.service"), ("%N", "a-b@x-\\x2dy"), ("%p", "a-b"), ("%P", "a/b"),
            ("%i", "x-\\x2dy"), ("%I", "x/-y"), ("%j", "b"), ("%J", "b"), ("%f", "/x/-y"),
            ("%t %S %C %L %E", "/run /var/lib /var/cache /var/log /etc"), ("%h%%", "/root%"),
            ("%u %U", "root 0"), ("%Y", "/etc/systemd/system"), ("100%", "100%"), ("%z", "%z"),
        ]
        for (text, value) in expected {
            #expect(try specifiers.expand(text) == value, "\(text)")
        }
        for text in ["%H", "%m", "%b", "%v", "%l"] {
            #expect(throws: UnitSpecifiers.Fault(specifier: text)) {
                try specifiers.expand("a\(text)")
            }
        }
    }

    @Test func `drop-ins are read by their names, and the first folder's counts`() throws {
        let folder = try TemporaryFolder()
        func write(_ path: String, _ text: String) throws {
            let url = URL(fileURLWithPath: "\(folder.path)/\(path)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: url, atomically: true, encoding: .utf8)
        }
        try write("lib/a-b.timer", "[Timer]\nOnCalendar=daily\nA=1\nA=2\n")
        try write("lib/a-b.timer.d/20.conf", "[Timer]\nOnCalendar=hourly\n")
        try write("lib/a-b.timer.d/30.conf", "[Timer]\nOnCalendar=never\n")
        try write("etc/a-b.timer.d/30.conf", "[Timer]\nOnCalendar=weekly\n")
        try write("lib/a-.timer.d/10.conf", "[Timer]\nOnCalendar=\n")
        try write("lib/timer.d/05.conf", "[Timer]\nB=1\n")
        try write("lib/timer.d/40.conf", "[Timer]\nB=2\n")
        try write("etc/a-b.timer.d/40.conf", "")
        try write("etc/a-b.timer.d/50.txt", "[Timer]\nB=3\n")
        let folders = UnitFolders(paths: ["\(folder.path)/etc", "\(folder.path)/lib"])
        let unit = try folders.unit(try #require(UnitName("a-b.timer")))
        let dropIns = ["lib/timer.d/05", "lib/a-.timer.d/10", "lib/a-b.timer.d/20"]
        #expect(
            unit.dropIns
                == (dropIns + ["etc/a-b.timer.d/30", "etc/a-b.timer.d/40"])
                .map { "\(folder.path)/\($0).conf" }
        )
        #expect(unit.all("Timer", "OnCalendar").map(\.value) == ["hourly", "weekly"])
        #expect(unit.last("Timer", "A")?.value == "2")
        #expect(unit.last("Timer", "B")?.value == "1")
        #expect(throws: UnitFolders.Fault.missing) {
            try folders.unit(try #require(UnitName("x.timer")))
        }
        try write("etc/masked.timer", "")
        #expect(throws: UnitFolders.Fault.masked(path: "\(folder.path)/etc/masked.timer")) {
            try folders.unit(try #require(UnitName("masked.timer")))
        }
    }
}
