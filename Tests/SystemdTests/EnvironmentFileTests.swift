import Flows
import Foundation
import TestSupport
import Testing

extension OnSystemd {
    /// systemd itself reads the lines too: the independent answer.
    @Suite(.enabled(if: Box.isPossible)) struct EnvironmentFileTests {
        /// What both are to read alike. Names have one letter: systemd gives others besides.
        static let alike = [
            "A=b\n", "A=b", "", "\n\n", "A=\n", "A=", "A=\nB=c\n", "G = spaced\n", "A\t=\tb\n",
            "  A=b  \nB=c\t\n", "A=b c\n", "A= b  c \n", "A=1\nA=2\nB=3\nA=4\n",
            // Comments.
            "# c\nA=b\n", ";c\nA=b\n", "  # c\nA=b\n", "A=b # c\n", "A=#b\n", "A=b;c\n",
            "#\n;\nA=b",
            // Quotes.
            "A='b c'\n", "A=\"b c\"\n", "A='b\nc'\nB=d\n", "A=\"b\nc\"\nB=d\n", "A='b'\"c\"d\n",
            "A='b' 'c'\n", "A='b' c\n", "A='b' c 'd'\n", "A=b'c'\n", "A=b\"c\"\n", "A=''\n",
            "A=\"\"\n",
            "A=' b '\n", "A=\" b \" \n", "A='b\\'\n", "A='$x'\n", "A=\"it's\"\n", "A='\"'\n",
            "A='b'#c\n",
            // Escapes.
            "A=b\\ c\n", "A=b\\\\c\n", "A=b\\nc\n", "A=\\'b\n", "A=\\\"b\n", "A=b \\ \n",
            "A=b\\ \n",
            "A=\"b\\\"c\"\n", "A=\"b\\\\c\"\n", "A=\"b\\$c\\`d\"\n", "A=\"b\\nc\"\n",
            "A=\"b\\c\"\n",
            "A='b'\\ c\n", "A=b\\", "A=\\\n", "A=$HOME\n", "A=%h\n",
            // Lines that go on.
            "A=b\\\nc\nB=d\n", "A=b \\\n  c\n", "A=\\\nb\n", "A=\\\n  b\n", "A=\"b\\\nc\"\n",
            "A='b\\\nc'\n",
            "A=b \\\n\nB=c\n",
            // Carriage returns.
            "A=b\r\nB=c\r\n", "A=b\rB=c\r", "A='b\r\nc'\r\n", "A=\"b\\\r\nc\"\r\n",
            "A=b\\\r\nB=c\r\n", "\r\nA=b",
            "A=\r\nB=c", "A =\rB=c",
            // Other bytes.
            "A=é日本\n", "A=b=c\n", "A==\n", "A=b\u{B}\u{C}\u{1B}[m\n", "a=b\n_=c\n", "A=\u{FEFF}b\n",
        ]

        /// What systemd refuses or leaves out, and Flower refuses: with a word.
        static let refused = [
            "A\n", "A=b\nnonsense\nC=d\n", "export A=b\n", "1=b\n", "A-B=c\n", "=b\n", "A B=c\n",
            "A='b\n",
            "A=\"b", "é=b\n",
        ]

        @Test func `lines mean what they mean to systemd`() throws {
            let folder = try TemporaryFolder()
            let texts =
                (Self.alike + Self.refused).map { Array($0.utf8) } + [[0x41, 0x3D, 0xE9, 10]]
            for (number, text) in texts.enumerated() {
                try Data(text).write(to: URL(fileURLWithPath: "\(folder.path)/\(number).env"))
            }
            var box = Box()
            box.isBare = true
            box.options = ["--bind", "\(folder.path):/rows"]
            _ = try box.succeed(
                """
                for file in /rows/*.env; do
                    systemd-run --quiet --wait --pipe --collect -p EnvironmentFile=$file \\
                        env -0 > ${file%.env}.out 2> /dev/null || rm ${file%.env}.out
                done
                """
            )
            for (number, text) in texts.enumerated() {
                let shown = String(decoding: text, as: UTF8.self)
                let path = "\(folder.path)/\(number).out"
                let systemds = try? Data(contentsOf: URL(fileURLWithPath: path))
                guard number < Self.alike.count else {
                    #expect(throws: EnvironmentFile.Fault.self, "\(shown)") {
                        try EnvironmentFile.parse(text)
                    }
                    continue
                }
                let expected = try #require(systemds.map(Self.variables), "\(shown)")
                let read = try EnvironmentFile.parse(text).map { ($0.name, $0.value) }
                #expect(Dictionary(read) { $1 } == expected, "\(shown)")
            }
            // It starts nothing with a value that is no text.
            #expect(
                !FileManager.default.fileExists(atPath: "\(folder.path)/\(texts.count - 1).out")
            )
        }

        private static func variables(_ bytes: Data) -> [String: String] {
            var result: [String: String] = [:]
            for entry in bytes.split(separator: 0) {
                guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
                let name = String(decoding: entry[..<equals], as: UTF8.self)
                guard name.utf8.count == 1 else { continue }
                result[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
            }
            return result
        }
    }
}
