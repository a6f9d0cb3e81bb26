import Dispatch
import Synchronization
import Testing

@testable import Systemd

/// What is told while nobody listens.
@Suite struct TellerTests {
    /// Somebody who reads when let.
    private final class Listener: Sendable {
        let heard = Mutex<[String]>([])
        let gate = DispatchSemaphore(value: 0)
        let hasBegun = DispatchSemaphore(value: 0)

        func take(_ bulletin: Bulletin) {
            hasBegun.signal()
            gate.wait()
            heard.withLock { $0.append(bulletin.text) }
        }
    }

    @Test func `all is told, in order`() {
        let heard = Mutex<[String]>([])
        let teller = Teller { bulletin in
            heard.withLock { $0.append(bulletin.text) }
        }
        for number in 0..<1_000 { teller.tell("line \(number)") }
        teller.finish(limit: .seconds(30))
        #expect(heard.withLock { $0 } == (0..<1_000).map { "line \($0)" })
    }

    @Test func `somebody who does not listen holds up nobody, and hears how much was lost`() throws
    {
        let listener = Listener()
        let teller = Teller { listener.take($0) }
        teller.tell("first")
        listener.hasBegun.wait()
        let text = String(repeating: "x", count: 10_000)
        for _ in 0..<1_000 { teller.tell(Bulletin(stringLiteral: text)) }
        for _ in 0..<1_001 { listener.gate.signal() }
        teller.finish(limit: .seconds(30))
        let heard = listener.heard.withLock { $0 }
        #expect(heard.first == "first")
        let kept = heard.count { $0 == text }
        #expect((1..<120).contains(kept))
        // Told once, or twice where the thread had begun before all had come.
        let lost = heard.filter { $0.contains(" not written: ") }
            .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        #expect(kept + lost.reduce(0, +) == 1_000)
        // What comes after the end is not kept either.
        teller.tell("late")
        #expect(listener.heard.withLock { $0.count } == heard.count)
    }

    @Test func `the end waits no longer than it may`() {
        let listener = Listener()
        let teller = Teller { listener.take($0) }
        teller.tell("never heard")
        listener.hasBegun.wait()
        teller.finish(limit: .milliseconds(1))
        #expect(listener.heard.withLock { $0 }.isEmpty)
        listener.gate.signal()
    }

    @Test func `without anything to tell there is no thread to wait for`() {
        Teller { _ in }.finish(limit: .seconds(30))
    }
}
