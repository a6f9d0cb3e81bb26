import Flows
import Glibc
import Storage
import Testing

@testable import Execution

/// Each way in which a program cannot be started, in words a person can act on.
@Suite struct LaunchFaultTests {
    private let harness: LauncherHarness
    private var folder: String { harness.folder.path }

    init() throws {
        harness = try LauncherHarness()
        try harness.folder.write("#!/no/such/interpreter -x\n", "lost", mode: 0o755)
        try harness.folder.write("#!/bin/sh\r\necho hi\r\n", "windows", mode: 0o755)
        try harness.folder.write("echo hi\n", "bare", mode: 0o755)
        try harness.folder.write("#!/bin/sh\n", "plain", mode: 0o644)
        mkdir("\(folder)/inside", 0o755)
        symlink("circle", "\(folder)/circle")
    }

    private func reason(_ words: [String], directory: String? = nil) throws -> String? {
        do {
            let run = try harness.run(.of(.exec(words), directory: directory ?? folder))
            guard case .notStarted(let reason) = run.outcome else { return nil }
            return reason
        } catch let fault as LaunchFault {
            return fault.reason
        }
    }

    @Test(arguments: [
        (["no-such-program"], "no program 'no-such-program' in /usr/local/bin:/usr/bin:/bin"),
        (["./absent"], "FOLDER/./absent does not exist"),
        (
            ["./lost"],
            "FOLDER/./lost names the interpreter '/no/such/interpreter' in its first line,"
                + " which does not exist"
        ),
        (
            ["./windows"],
            "FOLDER/./windows names the interpreter '/bin/sh\\r' in its first line,"
                + " which does not exist"
        ),
        (
            ["./bare"],
            "FOLDER/./bare is no program: it needs a first line such as #!/bin/sh, or to be built"
                + " for this machine"
        ),
        (["./plain"], "FOLDER/./plain is not executable: chmod +x FOLDER/./plain"),
        (["./inside"], "FOLDER/./inside is a folder, not a program"),
        (["./plain/x"], "FOLDER/./plain/x leads through a file that is no folder"),
        (["./circle"], "FOLDER/./circle is a symbolic link that leads back to itself"),
        ([""], "the program's name is empty"),
    ])
    func `the reason names the thing and the remedy`(words: [String], expected: String) throws {
        let expected = expected.split(separator: "FOLDER", omittingEmptySubsequences: false)
        #expect(try reason(words) == expected.joined(separator: folder))
    }

    @Test func `a missing working directory is not taken for a missing program`() throws {
        #expect(
            try reason(["true"], directory: "/no/such")
                == "the working directory /no/such does not exist"
        )
        #expect(
            try reason(["true"], directory: "/etc/passwd")
                == "the working directory /etc/passwd is no folder"
        )
    }

    @Test func `arguments that are too long`() throws {
        // Linux takes at most 128 KiB in one argument (execve(2)).
        let long = String(repeating: "x", count: 200_000)
        #expect(try reason(["true", long])?.contains("longer than the system allows") == true)
    }

    @Test func `the task's own PATH is searched, not ours`() throws {
        try harness.folder.write("#!/bin/sh\necho found\n", "only-here", mode: 0o755)
        let claim = Claim.of(
            .exec(["only-here"]),
            environment: [Variable("PATH", "/nowhere:\(folder):/usr/bin:/bin")]
        )
        #expect(try harness.run(claim).output == ["found"])
    }
}
