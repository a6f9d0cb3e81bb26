import Foundation
import Testing

extension EndToEnd {
    /// Nobody is told anything that we have not written: libdispatch complains to the system's log of each
    /// priority that it asks for and does not get, which is any higher than the process's where that is not
    /// root's.
    @Suite(.enabled(if: Host.canTrace)) struct QuietTests {
        private let sandbox: Sandbox

        init() throws { sandbox = try Sandbox() }

        /// What a command asks of the kernel, without root's power.
        private func calls(_ words: [String], nice: Int = 0) async throws -> [Substring] {
            let trace = sandbox.path + "/trace"
            let tracer = [
                "/usr/bin/strace", "-f", "-qq", "-o", trace, "-e", "trace=setpriority,connect",
                "/usr/bin/nice", "-n", "\(nice)",
            ]
            let all = tracer + Host.powerless + [Sandbox.flower] + words
            let ending = try await sandbox.start(all).ended()
            try #require(ending.code < 2, "\(words): \(ending)")
            return try sandbox.text(of: "trace").split(separator: "\n")
        }

        @Test func `no command asks for a priority that it cannot have`() async throws {
            try sandbox.write(
                "flow: f\noverlap: allow\ntasks: {a: {run: 'true'}}\n",
                to: "f.yaml"
            )
            try await sandbox.succeed("apply", "f.yaml")
            for command in ["register f", "run", "status 1", "runs", "tick", "logs 1", "check"] {
                // What frees a queue races with the process's end.
                for _ in 1...3 {
                    let calls = try await calls(command.split(separator: " ").map(String.init))
                    #expect(!calls.contains { $0.contains("PRIO_PROCESS, 0, -") }, "\(command)")
                    #expect(!calls.contains { $0.contains("/dev/log") }, "\(command)")
                }
            }
        }

        /// They sleep on libdispatch's timers, and under nice(1) no thread of its has what it asks for.
        @Test(arguments: [0, 5])
        func `components tell the system's log nothing`(nice: Int) async throws {
            let flow = """
                flow: f
                tasks:
                  a: {component: sleep, with: {duration: 10ms}, timeout: 10s}
                  b: {component: sleep, with: {duration: 10ms}, isolate: true}
                """
            try sandbox.write(flow, to: "f.yaml")
            try await sandbox.succeed("apply", "f.yaml")
            try await sandbox.succeed("register", "f")
            let calls = try await calls(["run"], nice: nice)
            #expect(calls.contains { $0.contains("setpriority") })
            #expect(!calls.contains { $0.contains("/dev/log") })
        }
    }
}
