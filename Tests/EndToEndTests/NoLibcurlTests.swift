import Foundation
import Testing

extension EndToEnd {
    /// On a host without libcurl, whichever of Debian's there are: their files are hidden in a mount namespace.
    @Suite struct NoLibcurlTests {
        private static let script = """
            ldconfig -p | sed -n 's/.*libcurl.* => //p' | xargs -r readlink -f | sort -u |
                while read -r file; do mount --bind /dev/null "$file" || exit 99; done
            "$flower" apply asks.yaml works.yaml || exit 98
            "$flower" register asks && "$flower" register works || exit 97
            "$flower" run > run.out 2> run.err
            echo "run $?"
            "$flower" status 1 -o json > asks.json
            "$flower" status 2 -o json > works.json
            "$flower" doctor -o json > doctor.json
            echo "doctor $?"
            """

        @Test func `all but the components of HTTP works, and each is told why`() async throws {
            let sandbox = try Sandbox()
            let asking = """
                flow: asks
                tasks:
                  get: {component: http, with: {url: "http://127.0.0.1:1/"}}
                  post: {component: http-post, with: {url: "http://127.0.0.1:1/"}}
                  apart: {component: http, isolate: true, with: {url: "http://127.0.0.1:1/"}}
                """
            try sandbox.write(asking, to: "asks.yaml")
            try sandbox.write("flow: works\ntasks:\n  only: {run: 'true'}\n", to: "works.yaml")
            let program = try sandbox.start([
                "/usr/bin/unshare", "-m", "/bin/sh", "-c", Self.script,
            ])
            let ending = try await program.ended()
            let tail = ending.output.split(separator: "\n").suffix(2)
            #expect(ending.code == 0 && tail.map(String.init).first == "run 1", "\(ending)")

            let asks = try sandbox.text(of: "asks.json")
            let sentence =
                "there is no libcurl on this host, or one older than 7.68: apt install libcurl4 ca-certificates"
            for method in ["GET", "POST"] {
                #expect(asks.contains("\(method) http://127.0.0.1:1/: \(sentence)"), "\(asks)")
            }
            #expect(asks.components(separatedBy: sentence).count - 1 >= 3)
            #expect(try sandbox.text(of: "works.json").contains("\"state\" : \"succeeded\""))

            let doctor = try sandbox.text(of: "doctor.json")
            #expect(
                doctor.contains(
                    "there is no libcurl on this host, or one older than 7.68; tasks of 1 flow fail for it: asks"
                ),
                "\(doctor)"
            )
            #expect(doctor.contains("apt install libcurl4 ca-certificates"))
        }
    }
}
