import Flows
import TestSupport
import Testing

@testable import FlowFiles

/// Changes a good file at random: it never crashes, and always gives a flow or a fault.
struct FuzzTests {
    /// Texts that mean something to the reader, put in and over what is there.
    private static let words = [
        "&a ", "*a ", "<<", "!!str ", "? ", "- ", ": ", "\n", "\t", "  ", "'", "\"", "[", "]", "{",
        "}", "|\n", ">\n", "#", "---\n", "...\n", "%TAG x\n", "${", "$${", "${x}", "}", "\\x", "\0",
        "\u{FEFF}", "\u{85}", "\u{2028}", "é", "日", "@reboot", "CRON_TZ=", "99999999999999999999",
        "-1", "1e999", "~", "needs", "tasks", "flow", "with", "0x", ",", "L", "#5", "\r",
    ].map { Array($0.utf8) }

    private static func mutate(_ bytes: [UInt8], _ dice: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            let start = Int.random(in: 0...bytes.count, using: &dice)
            let end = min(bytes.count, start + Int.random(in: 0...12, using: &dice))
            switch Int.random(in: 0..<5, using: &dice) {
            case 0: bytes.removeSubrange(start..<end)
            case 1: bytes.insert(contentsOf: words.randomElement(using: &dice) ?? [], at: start)
            case 2:
                bytes.replaceSubrange(start..<end, with: words.randomElement(using: &dice) ?? [])
            case 3: bytes.insert(contentsOf: bytes[start..<end], at: 0)
            default:
                if start < bytes.count { bytes[start] = UInt8.random(in: 0...255, using: &dice) }
            }
        }
        return bytes
    }

    private static let crontab = """
        # a comment
        SHELL=/bin/bash
        MAILTO="ada"
        CRON_TZ = Asia/Tokyo
        X='a ${b}'
        */5 0-6 * * MON-FRI\tnice -n 5 /usr/bin/one -x "$X" > /dev/null 2>&1
        @daily cat%some 100\\% text%
        @reboot /usr/local/bin/up
        H H(0-3) L * * /usr/bin/one -x "$X" > /dev/null 2>&1

        """

    @Test(arguments: [
        (1 as UInt64, "a.yaml", GoodFileTests.everyKey), (2, "a.yaml", GoodFileTests.everyKey),
        (3, "a.crontab", crontab), (4, "a.crontab", crontab),
    ])
    func `a changed file gives flows or a fault`(seed: UInt64, name: String, good: String) {
        var dice = SplitMix64(seed: seed)
        let good = Array(good.utf8)
        for round in 0..<500 {
            let bytes = Self.mutate(good, &dice)
            let (flows, faults) = load(bytes, as: name)
            let isFaulty = faults.contains(where: \.isFault)
            // A crontab may lose its last entry without a fault; a flow file always holds a flow.
            let isRight = isFaulty ? flows.isEmpty : !flows.isEmpty || name == "a.crontab"
            #expect(isRight, "seed \(seed), round \(round): \(bytes)")
            #expect(flows.allSatisfy { Names.faultOfFlow($0.name) == nil && !$0.tasks.isEmpty })
            for fault in faults {
                #expect(!fault.message.isEmpty && fault.line >= 0 && fault.column >= 0)
                #expect((fault.line == 0) == (fault.column == 0), "seed \(seed), round \(round)")
                #expect(fault.rendered.hasPrefix("\(name):"))
            }
        }
    }
}
