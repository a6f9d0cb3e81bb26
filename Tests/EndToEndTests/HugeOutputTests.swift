import Foundation
import Testing

extension EndToEnd {
    /// Whatever a task prints, its runner's memory stays small.
    @Suite struct HugeOutputTests {
        private static let flow = """
            flow: huge
            tasks:
              lines: {run: "yes 'a line of forty-one bytes, newline incl.' | head -c 1000000000"}
              endless:
                run: head -c 80000000 /dev/zero | tr '\\0' x
              binary: {run: "head -c 10000000 /dev/urandom"}
              silent: {run: "exec >&- 2>&-; exit 0"}
            """

        /// Peak memory of the program and of all its children, in MiB, behind what it prints.
        private static let measure = """
            import resource, subprocess, sys
            code = subprocess.call(sys.argv[1:])
            print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
            """

        @Test func `a gigabyte, an endless line and binary bytes pass in bounded memory`()
            async throws
        {
            let sandbox = try Sandbox()
            try sandbox.write(Self.flow, to: "huge.yaml")
            try await sandbox.succeed("apply", "huge.yaml")
            try await sandbox.succeed("register", "huge")
            let words = ["/usr/bin/python3", "-c", Self.measure, Sandbox.flower, "run"]
            let ending = try await sandbox.start(words).ended()
            let last = ending.output.split(separator: "\n").last?.split(separator: " ") ?? []
            try #require(last.count == 2 && last[0] == "0", "\(ending)")
            // 39 MiB in a debug build; the queue of lines alone may hold 4.
            #expect(try #require(Int(last[1])) < 64)
            #expect(try await sandbox.status(1).state == "succeeded")
            let kept = try await sandbox.sqlite(
                "SELECT name, lines, note, length(tail) <= 65536 FROM attempt JOIN task ON id = task_id"
                    + " WHERE name <> 'binary' ORDER BY name"
            )
            #expect(
                kept == """
                    endless|1221|output beyond 64 MiB was not kept|1
                    lines|24390244|output beyond 64 MiB was not kept|1
                    silent|0||
                    """
            )
            let bytes = try await sandbox.shell("cat state/logs/1/* | wc -c").output
            // Three files of 64 MiB on the disk, whatever the lines are.
            #expect(try #require(Int(bytes.dropLast())) < 3 * (64 << 20) + 1_000)
        }
    }
}
