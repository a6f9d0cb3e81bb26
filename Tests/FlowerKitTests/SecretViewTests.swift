import Flows
import Testing

@testable import FlowerKit

/// What people and programs are shown of a run that carries a secret.
@Suite struct SecretViewTests {
    @Test func `no list or page shows it, in text or JSON`() throws {
        let fixture = try CommandFixture()
        var flow = Flow.nothing(["b": ["a"]], named: "quiet")
        flow.parameters = [Variable("token", "t0ken-value")]
        flow.secrets = ["token", "KEY"]
        flow.outputs = [Variable("all", "${tasks.a.outputs.url} ${token}")]
        try fixture.apply(flow)
        #expect(try fixture.flower("register", "quiet").code == .success)
        try fixture.drain { _ in
            .exited(0)
        } using: { end in
            guard end.start.claim.name == "a" else { return }
            // As a runner records what it knew as secret.
            end.outputs = [Variable("url", "https://u:k3y-value@h/"), Variable("plain", "x")]
            end.secrets = ["k3y-value", "t0ken-value"]
        }
        for command in [["status", "1"], ["show", "quiet"], ["runs"]] {
            for form in [[], ["-o", "json"]] {
                let shown = try fixture.flower(command + form)
                #expect(shown.code == .success)
                #expect(
                    !shown.output.contains("t0ken") && !shown.output.contains("k3y"),
                    "\(shown)"
                )
            }
        }
        let status = try fixture.flower("status", "1").output
        #expect(status.contains("a.url    https://u:***@h/\n"), "\(status)")
        #expect(status.contains("all      https://u:***@h/ ***\n"), "\(status)")
        let json = try fixture.flower("status", "1", "-o", "json").output
        #expect(json.contains(#""all" : "https://u:***@h/ ***""#), "\(json)")
        #expect(json.contains(#""url" : "https://u:***@h/""#) && json.contains(#""plain" : "x""#))
    }
}
