import Flows
import Glibc
import Testing

@testable import FlowFiles

/// Paths, folders and several files at once.
struct LoaderTests {
    private static func flow(_ name: String) -> String { "flow: \(name)\ntasks: {t: {run: x}}\n" }

    private func messages(_ folder: Folder, _ diagnostics: [Diagnostic]) -> [String] {
        diagnostics.map { folder.relative($0.rendered) }
    }

    @Test func `a folder is read one level deep, sorted, without what editors leave`() {
        let folder = Folder()
        for name in ["b.yaml", "a.yml", "c.yaml"] {
            folder.write(name, Self.flow(String(name.prefix(1))))
        }
        for name in [".x.yaml", "#x.yaml#", "x.yaml~", "#y.yaml", "x.txt", "x.yaml.bak", "yaml"] {
            folder.write(name, "no flow")
        }
        folder.makeFolder("deep")
        folder.write("deep/x.yaml", "no flow")
        folder.makeFolder("like.yaml")
        let (files, diagnostics) = folder.load()
        #expect(diagnostics.isEmpty)
        #expect(files.flatMap(\.flows).map(\.name) == ["a", "b", "c"])
        #expect(files.map(\.path) == ["a.yml", "b.yaml", "c.yaml"].map { "\(folder.path)/\($0)" })
    }

    @Test func `an empty folder has no flows and no faults`() {
        let (files, diagnostics) = Folder().load()
        #expect(files.isEmpty && diagnostics.allSatisfy { $0.severity == .warning })
    }

    @Test func `good files are read though others are bad`() {
        let folder = Folder()
        folder.write("a.yaml", "flow: a\n")
        folder.write("b.yaml", Self.flow("b"))
        folder.write("c.yaml", "[")
        let (files, diagnostics) = folder.load()
        #expect(files.flatMap(\.flows).map(\.name) == ["b"])
        #expect(diagnostics.map { folder.relative($0.path) } == ["a.yaml", "c.yaml"])
    }

    @Test func `two flows of one name are a fault that names both places`() {
        let folder = Folder()
        folder.write("a.yaml", "# first\n" + Self.flow("same"))
        folder.write("b.yaml", Self.flow("same"))
        #expect(
            messages(folder, folder.load().diagnostics) == [
                """
                b.yaml:1:7: flow 'same' is declared a second time, first at a.yaml:2:7
                    flow: same
                          ^~~~
                    hint: names are unique over all files
                """
            ]
        )
        // The first file counts even if it has faults of its own.
        folder.write("a.yaml", "flow: same\n")
        #expect(folder.load().diagnostics.count == 2)
    }

    @Test func `a file named twice is read once`() {
        let folder = Folder()
        folder.write("a.yaml", Self.flow("a"))
        let (files, diagnostics) = folder.load("a.yaml", "", "./a.yaml", "/a.yaml")
        #expect(files.count == 1)
        #expect(diagnostics.isEmpty)
    }

    @Test func `the digest follows the bytes`() {
        func digest(_ text: String) -> String? {
            let folder = Folder()
            folder.write("a.yaml", text)
            return folder.load("a.yaml").files.first?.digest
        }
        let text = Self.flow("a")
        #expect(digest(text) == digest(text))
        #expect(digest(text) != digest(text + "\n"))
        #expect(digest(text)?.count == 16)
        // The published test vectors of FNV-1a, 64 bits.
        #expect(Digest.text([]) == "cbf29ce484222325")
        #expect(Digest.text("foobar".utf8) == "85944171f73967e8")
    }

    @Test func `what is missing or no file is refused`() {
        let folder = Folder()
        folder.link("gone.yaml", to: "nowhere")
        folder.link("loop.yaml", to: "loop.yaml")
        mkfifo("\(folder.path)/pipe.yaml", 0o600)
        folder.link("device.yaml", to: "/dev/null")
        // A regular file whose first byte nobody can read (proc(5)).
        folder.link("memory.yaml", to: "/proc/self/mem")
        folder.write("a.txt", Self.flow("a"))
        #expect(
            messages(folder, folder.load("", "no.yaml", "a.txt").diagnostics) == [
                "device.yaml: is a device, not a file",
                "gone.yaml: is a link to a file that does not exist\n    hint: ls -l shows where it leads",
                "loop.yaml: is a link that leads back to itself\n    hint: ls -l shows where it leads",
                "memory.yaml: cannot be read: Input/output error",
                "pipe.yaml: is a pipe, not a file\n    hint: write what comes out of it to a file, and"
                    + " name that",
                "no.yaml: there is no such file or folder\n    hint: look at what is there: ls "
                    + FlowFileLoader.resolved(folder.path),
                "a.txt: is no flow file: those end in .yaml, .yml or .crontab",
            ]
        )
    }

    @Test
    func `what is missing is told with what is there, and nothing at all with what was sought`() {
        let folder = Folder()
        folder.write("nightly.yaml", Self.flow("a"))
        folder.makeFolder("in")
        #expect(
            messages(folder, folder.load("nightly.yml", "nowhere/a.yaml", "in").diagnostics) == [
                """
                nightly.yml: there is no such file or folder
                    hint: did you mean 'nightly.yaml'?
                """,
                """
                nowhere/a.yaml: there is no such file or folder
                    hint: there is no folder 'nowhere' in \(FlowFileLoader.resolved(folder.path))
                """,
                """
                in: warning: no flow file is in this folder
                    hint: those end in .yaml, .yml or .crontab; folders in it are not looked into
                """,
            ]
        )
    }

    @Test func `links to files and a loop of folders are followed as far as asked`() {
        let folder = Folder()
        folder.makeFolder("in")
        folder.write("in/a.yaml", Self.flow("a"))
        folder.link("in/b.yaml", to: "../b")
        folder.write("b", Self.flow("b"))
        folder.link("in/again", to: ".")
        folder.link("in/again.yaml", to: ".")
        let (files, diagnostics) = folder.load("in/again")
        #expect(diagnostics.isEmpty)
        #expect(files.flatMap(\.flows).map(\.name) == ["a", "b"])
    }

    @Test func `an unreadable file or folder is refused`() {
        let folder = Folder()
        // Root reads everything; as root this shows that such a file is no fault.
        let isRoot = geteuid() == 0
        chmod(folder.write("a.yaml", Self.flow("a")), 0)
        folder.makeFolder("closed")
        folder.write("closed/b.yaml", Self.flow("b"))
        chmod("\(folder.path)/closed", 0)
        let shown = messages(folder, folder.load("", "closed").diagnostics)
        #expect(
            shown
                == (isRoot
                    ? []
                    : [
                        "a.yaml: cannot be read: Permission denied\n"
                            + "    hint: look at its permissions and its folders'",
                        "closed: cannot be read: Permission denied\n"
                            + "    hint: look at its permissions and its folders'",
                    ])
        )
    }

    @Test(arguments: [(-1, "changed while it was read"), (1, "changed while it was read")])
    func `a file that grew or shrank since it was opened is refused`(
        change: Int,
        message: String
    ) throws {
        let folder = Folder()
        let descriptor = open(folder.write("a.yaml", Self.flow("a")), O_RDONLY)
        defer { close(descriptor) }
        var opened = stat()
        fstat(descriptor, &opened)
        opened.st_size += change
        #expect(throws: FileReader.Fault(message: message, hint: "try again once it is written")) {
            try FileReader.contents(of: descriptor, opened: opened)
        }
    }

    @Test func `a file that grows without end is refused at the limit`() {
        var opened = stat()
        let descriptor = open("/dev/zero", O_RDONLY)
        defer { close(descriptor) }
        fstat(descriptor, &opened)
        #expect(throws: FileReader.Fault.self) {
            try FileReader.contents(of: descriptor, opened: opened)
        }
    }
}
