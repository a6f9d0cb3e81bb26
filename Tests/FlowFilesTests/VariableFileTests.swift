import Flows
import Glibc
import HostFiles
import Testing

@testable import FlowFiles

/// `environment_file:`, of which a launch would say what is said here already.
struct VariableFileTests {
    private let folder = Folder()

    private func told() -> [String] {
        folder.load("a.yaml").diagnostics.flatMap { diagnostic -> [String] in
            var bare = diagnostic
            bare.excerpt = nil
            return folder.relative(bare.rendered).split(separator: "\n").map { line in
                String(line.drop { $0 == " " })
            }
        }
    }

    private func write(_ keys: String) {
        folder.write("a.yaml", "flow: a\ntasks:\n  x:\n    run: x\n    environment_file: \(keys)\n")
    }

    @Test func `a file that is there is judged, and a line of it has its place`() {
        write("[good.env, bad.env, -worse.env, none.env]")
        folder.write("good.env", "A = b\n# c\n")
        folder.write("bad.env", "A=b\n\n  TOKEN hunter2\nB='s3cr3t\n")
        folder.write("worse.env", Array("KEY=".utf8) + [0xE9])
        #expect(
            told() == [
                "a.yaml:5:34: 'bad.env' has faults of its own",
                "a.yaml:5:43: 'worse.env' has faults of its own",
                "bad.env:3:3: this line is no NAME=value",
                "worse.env:1:1: the value of KEY \(OutputText.noText)",
            ]
        )
        let all = folder.load("a.yaml").diagnostics.map(\.rendered).joined()
        #expect(!all.contains("hunter2") && !all.contains("s3cr3t"))
    }

    @Test func `what is no file is told, and what is not there is not yet`() {
        folder.makeFolder("d.env")
        write("[d.env, /dev/null, none.env]")
        #expect(
            told() == [
                "a.yaml:5:24: 'd.env' is no file", "a.yaml:5:31: '/dev/null' is no file",
            ]
        )
    }

    @Test func `a file of variables is watched, and is no part of what the flow says`() throws {
        write("x.env")
        let before = try #require(folder.load("a.yaml").files.first)
        folder.write("x.env", "A=b\n")
        let after = try #require(folder.load("a.yaml").files.first)
        #expect(before.digest == after.digest)
        #expect(after.dependencies.contains { $0.hasSuffix("/x.env") })
    }

    /// A loader that asks whether a file may be carried out, as root's scheduler does.
    private func trusting(isRequired: Bool = true) -> FlowFileLoader {
        FlowFileLoader(
            components: [:],
            zoneExists: { _ in true },
            zoneHint: { _ in nil },
            home: "/",
            runner: { nil },
            now: .init(seconds: 0),
            trust: FileTrust(user: 0),
            isTrustRequired: isRequired
        )
    }

    @Test(.enabled(if: geteuid() == 0))
    func `root refuses a file that others may change, and files that it names`() {
        folder.write(
            "a.yaml",
            """
            flow: a
            schedules: [{cron: "0 0 * * *", except: [{file: days.txt}]}]
            environment_file: x.env
            tasks: {x: {run: x}}
            """
        )
        folder.write("days.txt", "2026-12-24\n")
        folder.write("x.env", "A=b\n")
        folder.write("c.crontab", "MAILTO=''\n0 0 * * * true\n")
        func told(_ loader: FlowFileLoader) -> [String] {
            loader.load(paths: [folder.path]).diagnostics.map {
                "\($0.isFault ? "" : "\($0.severity): ")\(folder.relative($0.path)):\($0.line): \($0.message)"
            }
        }
        #expect(told(trusting()) == [])
        for name in ["days.txt", "x.env", "c.crontab"] { chmod("\(folder.path)/\(name)", 0o666) }
        let ending =
            "may be written by everybody (mode 0666), and root does nothing that others may change"
        #expect(
            told(trusting()) == [
                "a.yaml:2: 'days.txt': \(ending)", "a.yaml:3: 'x.env' \(ending)",
                "c.crontab:0: \(ending)",
            ]
        )
        chown("\(folder.path)/a.yaml", 4711, 0)
        let owned = "is owned by user 4711, and root does nothing that others may change"
        #expect(told(trusting()) == ["a.yaml:0: \(owned)", "c.crontab:0: \(ending)"])
        // A person who applies it has looked at it; a launch asks nobody.
        #expect(
            told(trusting(isRequired: false)) == [
                "warning: a.yaml:0: \(owned)", "a.yaml:3: 'x.env' \(ending)",
                "warning: c.crontab:0: \(ending)",
            ]
        )
        chmod("\(folder.path)/x.env", 0o600)
        let (files, _) = trusting(isRequired: false).load(paths: [folder.path])
        #expect(files.flatMap(\.flows).map(\.name).count == 2)
        #expect(
            told(trusting(isRequired: false)) == [
                "warning: a.yaml:0: \(owned)", "warning: c.crontab:0: \(ending)",
            ]
        )
    }
}
