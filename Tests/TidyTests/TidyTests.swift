import Testing

/// The rules of style that a machine can check: sizes, doors, words, and that every test runs.
@Suite struct TidyTests {
    @Test func `the list of files is the whole tree`() {
        #expect(SourceFile.all.count > 50)
        #expect(SourceFile.all.contains { $0.path == "Sources/Cron/Instant.swift" })
    }

    @Test func `no file has two ideas in it`() {
        for file in SourceFile.all {
            let limit = file.isTest ? 600 : 400
            #expect(file.lines.count <= limit + 1, "\(file.path)")
        }
    }

    @Test func `no line is wider than a hundred columns`() {
        for file in SourceFile.all {
            for (number, line) in file.lines.enumerated() where line.count > 100 {
                // What swift-format cannot break either: a text in quotes, a table's row.
                let isText = line.contains("\"") || line.contains("`") || !line.contains(" func ")
                #expect(isText, "\(file.path):\(number + 1)")
            }
        }
    }

    @Test func `no function is longer than seventy lines`() {
        for file in SourceFile.all {
            // A test may spell out a larger expected value.
            let limit = file.isTest ? 80 : 70
            for (name, start, length) in functions(of: file) where length > limit {
                Issue.record("\(file.path):\(start): \(name) has \(length) lines")
            }
        }
    }

    /// Each outside thing has one door; the core is pure.
    static let doors: [(imported: String, modules: Set<String>)] = [
        ("GRDB", ["Storage", "StorageTests"]),
        ("Yams", ["FlowFiles", "FlowFilesTests"]),
        ("CYaml", ["FlowFiles"]),
        ("CSystemd", ["Systemd"]),
        ("CSQLite", ["Storage"]),
        ("Hummingbird", ["Console", "ConsoleTests"]),
        ("ArgumentParser", ["FlowerKit", "flower", "FlowerKitTests", "Support"]),
        ("CCurl", ["Components"]),
    ]

    @Test(arguments: doors)
    func `an outside library is used behind its door alone`(
        imported: String,
        modules: Set<String>
    ) {
        for file in SourceFile.all where file.imports.contains(imported) {
            #expect(modules.contains(file.module), "\(file.path) imports \(imported)")
        }
    }

    /// All of Foundation asks ICU for what it knows of languages and calendars, which the program is linked without.
    @Test func `no more of Foundation than its essentials is used`() {
        for file in SourceFile.all where !file.isTest && file.imports.contains("Foundation") {
            // A thread, and nothing else.
            #expect(file.path.hasSuffix("FlowerKit/RunWaiter.swift"), "\(file.path)")
        }
    }

    @Test func `the pure core imports nothing of the world`() {
        let world: Set<String> = ["Foundation", "FoundationEssentials", "Glibc", "CLinux", "GRDB"]
        for file in SourceFile.all where !file.isTest && ["Cron", "Flows"].contains(file.module) {
            #expect(world.isDisjoint(with: file.imports), "\(file.path)")
        }
    }

    /// What a module of ours may import of ours: arrows point down only.
    static let arrows: [String: Set<String>] = [
        "Cron": [], "Flows": ["Cron"], "HostTime": ["Cron", "Flows"],
        "HostFiles": ["Flows"], "FlowFiles": ["Cron", "Flows", "HostFiles", "HostTime"],
        "Storage": ["CLinux", "CSQLite", "Cron", "Flows"],
        "Components": ["CCurl", "CLinux", "Cron", "Flows"],
        "Scheduling": ["CLinux", "Cron", "FlowFiles", "Flows", "HostTime", "Storage", "Systemd"],
        "Execution": [
            "CLinux", "Components", "Cron", "Flows", "HostFiles", "HostTime", "Storage", "Systemd",
        ],
        "Systemd": ["CSystemd"],
    ]

    @Test(arguments: arrows.keys.sorted())
    func `arrows point down only`(module: String) {
        let ours = Set(Self.arrows.keys).union([
            "CCurl", "CLinux", "CSQLite", "CSystemd", "FlowerKit",
        ])
        for file in SourceFile.all where !file.isTest && file.module == module {
            let wrong = ours.intersection(file.imports).subtracting(Self.arrows[module] ?? [])
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong.sorted())")
        }
    }

    @Test func `no file is named for everything and nothing`() {
        for file in SourceFile.all {
            let name = file.path.split(separator: "/").last ?? ""
            for word in ["Utils", "Util", "Helpers", "Helper", "Common", "Manager"] {
                #expect(!name.contains(word), "\(file.path)")
            }
        }
    }

    @Test func `nothing traps on purpose outside tests`() {
        for file in SourceFile.all where !file.isTest {
            for (number, line) in file.lines.enumerated() {
                let code = line.prefix { $0 != "\"" }
                // What is looked for, not done.
                let isTrap = code.contains("try!") || code.contains("fatalError(")
                #expect(!isTrap, "\(file.path):\(number + 1)")
            }
        }
    }

    @Test func `every test function is marked, so that it runs`() {
        for file in SourceFile.all where file.isTest {
            for (number, line) in file.lines.enumerated() where line.contains("func `") {
                // The attribute with its table of arguments, up to the end of what stands before.
                let before = file.lines[..<number].reversed().prefix { $0 != "    }" && $0 != "" }
                let isMarked = line.contains("@Test") || before.contains { $0.contains("@Test") }
                #expect(isMarked, "\(file.path):\(number + 1)")
            }
        }
    }

    @Test func `no test sleeps, and none is switched off`() {
        for file in SourceFile.all where file.isTest && file.module != "TidyTests" {
            for (number, line) in file.lines.enumerated() {
                let code = line.prefix { $0 != "\"" }
                // What is looked for, not done.
                for word in ["Task.sleep", "Thread.sleep", "usleep(", "nanosleep(", ".disabled("] {
                    #expect(!code.contains(word), "\(file.path):\(number + 1)")
                }
            }
        }
    }

    /// What is looked for, not left to do.
    @Test func `a todo has its issue's number`() {
        for file in SourceFile.all where file.module != "TidyTests" {
            for (number, line) in file.lines.enumerated() where line.contains("TODO") {
                #expect(line.contains("TODO(#"), "\(file.path):\(number + 1)")
            }
        }
    }

    /// Functions with their first line (from 1) and length, by the indentation of their closing brace;
    /// a text in triple quotes counts as one line.
    private func functions(of file: SourceFile) -> [(name: String, start: Int, length: Int)] {
        var open: [(name: String, start: Int, indent: Int)] = []
        var found: [(String, Int, Int)] = []
        var texts = 0
        var isText = false
        for (number, line) in file.lines.enumerated() {
            if line.contains("\"\"\"") { isText.toggle() }
            if isText {
                texts += 1
                continue
            }
            let indent = line.prefix { $0 == " " }.count
            let code = line.dropFirst(indent)
            if code.contains("func "), !code.hasPrefix("//"), !code.contains("}") {
                open.append((String(code.prefix(60)), number, indent))
                texts = 0
            } else if code == "}", let last = open.last, last.indent == indent {
                open.removeLast()
                found.append((last.name, last.start + 1, number - last.start + 1 - texts))
            }
        }
        return found
    }
}
