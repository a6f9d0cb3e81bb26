import Foundation
import Testing

extension EndToEnd {
    /// `Tests/UserComponents`: a package as a user of FlowerKit writes it, with a component of its own.
    @Suite struct UserComponentTests {
        private static let flow = """
            flow: greeting
            parameters: {who: Ada}
            tasks:
              hello: {component: greet, with: {person: "${who}", times: 2}}
              again: {needs: [hello], component: echo, with: {text: "built in as well"}}
            """

        /// The folder that all of our products are built in, `.build` unless SwiftPM was told another.
        private static let scratch = (Sandbox.products as NSString)
            .deletingLastPathComponent.replacingOccurrences(
                of: "/[^/]*-linux-[^/]*$",
                with: "",
                options: .regularExpression
            )

        /// Builds it from what is built already: see the script.
        private func built(in sandbox: Sandbox) async throws -> String {
            let script = Sandbox.package + "/Tests/UserComponents/build.sh"
            let configuration = (Sandbox.products as NSString).lastPathComponent
            let greeter = sandbox.path + "/flower-greeter"
            let ending = try await sandbox.start(
                ["/bin/sh", script, Self.scratch, configuration, greeter],
                environment: ProcessInfo.processInfo.environment
            ).ended(within: 900)
            try #require(ending.code == 0, "\(ending.output.suffix(4_000)) \(ending.errors)")
            return greeter
        }

        @Test func `a component of a user's own makes a full flower with it`() async throws {
            let sandbox = try Sandbox()
            let greeter = try await built(in: sandbox)
            try sandbox.write(Self.flow, to: "greeting.yaml")

            // The stock program does not know it, and says so.
            let stock = try await sandbox.flower("validate", "greeting.yaml")
            #expect(stock.code == 65)
            #expect(stock.errors.contains("greeting.yaml:4:22: there is no component 'greet'"))

            for command in [["validate", "greeting.yaml"], ["apply", "greeting.yaml"]] {
                let ending = try await sandbox.start([greeter] + command).ended()
                #expect(ending.code == 0, "\(ending)")
            }
            let run = try await sandbox.start([greeter, "register", "greeting", "-f"]).ended()
            #expect(run.code == 0, "\(run)")
            #expect(
                run.output == """
                    1
                    hello | hello of greeting says: good day, Ada
                    hello | hello of greeting says: good day, Ada
                    again | built in as well

                    """
            )

            // What is wrong with its arguments is told where they stand.
            let bad = Self.flow.replacingOccurrences(of: "times: 2", with: "time: 2")
            try sandbox.write(bad.replacingOccurrences(of: "${who}", with: "Ada"), to: "bad.yaml")
            let refused = try await sandbox.start([greeter, "validate", "bad.yaml"]).ended()
            #expect(refused.code == 65)
            #expect(refused.errors.contains("bad.yaml:4:"), "\(refused.errors)")
            #expect(refused.errors.contains("time"), "\(refused.errors)")

            // A component that throws fails its task, and what it says is why.
            let words = [greeter, "register", "greeting", "-p", "who=", "--wait"]
            let failed = try await sandbox.start(words).ended()
            #expect(failed.code == 1)
            let status = try await sandbox.succeed("status", "2")
            #expect(status.contains("there is nobody to greet"), "\(status)")

            // The stock runner meets the same run: it fails, with the reason, and breaks nothing.
            try await sandbox.succeed("register", "greeting")
            let strange = try await sandbox.flower("run")
            #expect(strange.code == 1)
            let report = try await sandbox.succeed("status", "3")
            #expect(report.contains("this flower has no component 'greet'"), "\(report)")
            try await checkIsolation(sandbox, greeter)
        }

        /// A component that traps fails its own task; what runs beside it in the runner goes on.
        private func checkIsolation(_ sandbox: Sandbox, _ greeter: String) async throws {
            let flow = """
                flow: bursting
                tasks:
                  burst: {component: burst, isolate: true, with: {list: [1, 2]}}
                  apart: {component: greet, isolate: true, with: {person: Bob}}
                  beside: {component: greet, with: {person: Eve}}
                  tell:
                    needs: [apart, beside]
                    exec: [echo, "${tasks.apart.outputs.greeted}", "${tasks.beside.outputs.greeted}"]
                """
            try sandbox.write(flow, to: "bursting.yaml")
            let applied = try await sandbox.start([greeter, "apply", "bursting.yaml"]).ended()
            #expect(applied.code == 0, "\(applied)")
            let run = try await sandbox.start([greeter, "register", "bursting", "--wait"]).ended()
            #expect(run.code == 1 && run.output == "4\n", "\(run)")
            let report = try await sandbox.status(4)
            #expect(
                report.states == [
                    "burst": "failed", "apart": "succeeded", "beside": "succeeded",
                    "tell": "succeeded",
                ]
            )
            let burst = try report.task("burst")
            #expect(burst.attempts.map(\.outcome) == ["signalled"])
            let why = try await sandbox.succeed("status", "4")
            #expect(why.contains("Fatal error: Index out of range"), "\(why)")
            let said = try await sandbox.succeed("logs", "4", "burst")
            #expect(said.hasPrefix("about to burst\n"), "\(said)")
            let log = try await sandbox.succeed("logs", "4", "apart")
            #expect(log == "apart of bursting says: good day, Bob\n")
            // What a component gives reaches others from its own process as from the runner's.
            #expect(try await sandbox.succeed("logs", "4", "tell") == "Bob Eve\n")
        }
    }
}
