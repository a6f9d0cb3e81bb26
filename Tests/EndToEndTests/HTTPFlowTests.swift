import Foundation
import Testing

extension EndToEnd {
    /// A flow that asks a server, with the built program.
    @Suite struct HTTPFlowTests {
        private static let script = """
            mkdir web && mkfifo hold
            python3 -B "$server" web < hold > told & exec 9> hold
            until grep -q plain told; do :; done
            port=$(sed -n 's/.*"plain": *\\([0-9]*\\).*/\\1/p' told)
            cat > asks.yaml <<FLOW
            flow: asks
            parameters: {key: none}
            secrets: [key]
            tasks:
              get:
                component: http
                with:
                  url: "http://127.0.0.1:$port/json"
                  headers: {X-Key: "\\${key}"}
                  outputs: {id: /id, price: /price, tag: ETag}
              apart:
                component: http
                isolate: true
                with: {url: "http://127.0.0.1:$port/echo/\\${key}", outputs: {key: /headers/x-key}, headers: {X-Key: "\\${key}"}}
              use:
                needs: [get, apart]
                exec: [echo, "\\${tasks.get.outputs.id} \\${tasks.get.outputs.price} \\${tasks.get.outputs.tag} \\${tasks.apart.outputs.status}"]
            FLOW
            sed 's/outputs.price/outputs.prize/' asks.yaml > typo.yaml
            "$flower" validate typo.yaml 2> typo.err
            echo "validate $?"
            "$flower" apply asks.yaml > /dev/null && "$flower" register asks -p key=sesame > /dev/null || exit 98
            "$flower" run
            echo "run $?"
            "$flower" logs 1 use -o cat
            "$flower" logs 1 > logs; "$flower" status 1 -o json > status
            grep -c sesame logs status
            exit 0
            """

        @Test func `an answer's values reach other tasks, a secret nobody, and a typo is refused`()
            async throws
        {
            let sandbox = try Sandbox()
            let server = Sandbox.package + "/Tests/Support/http_server.py"
            let program = try sandbox.start(
                ["/bin/sh", "-c", Self.script],
                environment: ["server": server]
            )
            let ending = try await program.ended()
            #expect(
                ending.output.split(separator: "\n").map(String.init) == [
                    "validate 65", "ran 3 tasks", "run 0", "123456789012345678901 1.10 \"7\" 200",
                    "logs:0", "status:0",
                ],
                "\(ending)"
            )
            let typo = try sandbox.text(of: "typo.err")
            #expect(
                typo.contains("component 'http' of task 'get' gives no output 'prize'"),
                "\(typo)"
            )
            #expect(typo.contains("did you mean 'price'?"), "\(typo)")
        }
    }
}
