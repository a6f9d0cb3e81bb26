import Glibc
import TestSupport
import Testing

@testable import Systemd

/// What goes over the socket, word for word: sd_notify(3).
@Suite struct NotifierTests {
    /// The service manager's end.
    final class Manager {
        private let folder: TemporaryFolder
        private let descriptor: Int32
        let path: String

        init() throws {
            folder = try TemporaryFolder()
            path = folder.path + "/notify"
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            try #require(result == 0)
        }

        deinit { close(descriptor) }

        /// All that was sent until now.
        func heard() -> [String] {
            var messages: [String] = []
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { return messages }
                messages.append(String(decoding: bytes[..<count], as: UTF8.self))
            }
        }
    }

    private static func notifier(_ manager: Manager, _ watchdog: Duration? = nil) throws -> Notifier
    {
        try #require(Notifier(socket: manager.path, watchdog: watchdog))
    }

    @Test func `each state is one message`() throws {
        let manager = try Manager()
        let notifier = try Self.notifier(manager)
        notifier.ready()
        notifier.stopping()
        #expect(manager.heard() == ["READY=1", "STOPPING=1"])
        notifier.reloading()
        let lines = manager.heard().first?.split(separator: "\n").map(String.init) ?? []
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
    }

    @Test func `a status that changes all the time is told at once, and then now and again`() throws
    {
        let manager = try Manager()
        let notifier = try Self.notifier(manager)
        notifier.status("1 running\nof 2")
        notifier.status("2 running")
        notifier.turned()
        #expect(manager.heard() == ["STATUS=1 running of 2"])
        // The loop is asked to come back for what is left to tell.
        let limit = try #require(notifier.turnLimit)
        #expect(limit <= Notifier.statusGap)
        // Whatever else is said takes it along, in a message of its own.
        notifier.stopping()
        #expect(manager.heard() == ["STOPPING=1", "STATUS=2 running"])
        #expect(notifier.turnLimit == nil)
        notifier.status("2 running")
        #expect(manager.heard() == [])
    }

    /// NOTIFY_BUFFER_MAX: systemd throws a longer one away as a whole, 257 and later without a word.
    @Test(arguments: ["x", "é", "€", "🌸"]) func `no message is longer than systemd takes`(
        character: String
    ) throws {
        for count in [4_080, 4_088, 4_089, 5_000] {
            let manager = try Manager()
            let notifier = try Self.notifier(manager)
            let text = String(repeating: character, count: count)
            notifier.status(text)
            notifier.status("short")
            notifier.ready()
            let heard = manager.heard()
            #expect(heard.dropFirst() == ["READY=1", "STATUS=short"])
            let told = try #require(heard.first).dropFirst("STATUS=".utf8.count)
            if text.utf8.count + 7 <= 4_096 {
                #expect(told == text)
            } else {
                #expect(told.hasSuffix("…") && text.hasPrefix(told.dropLast()))
                // As much of it as there is room for.
                #expect((4_090...4_096).contains(heard[0].utf8.count))
            }
        }
    }

    @Test func `the watchdog is fed by turns alone, and not by each`() throws {
        let manager = try Manager()
        let notifier = try Self.notifier(manager, .seconds(60))
        #expect(notifier.turnLimit == .seconds(15))
        notifier.ready()
        notifier.status("idle")
        #expect(manager.heard() == ["READY=1", "STATUS=idle"])
        for _ in 0..<3 { notifier.turned() }
        #expect(manager.heard() == ["WATCHDOG=1"])
        let eager = try Self.notifier(manager, .microseconds(1))
        for _ in 0..<3 { eager.turned() }
        #expect(manager.heard() == ["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"])
    }

    @Test func `a turn that comes late is told once`() throws {
        let manager = try Manager()
        let notifier = try Self.notifier(manager, .nanoseconds(2))
        notifier.turned()
        #expect(notifier.takeDelay() == nil)
        notifier.turned()
        #expect(try #require(notifier.takeDelay()) > .zero)
        #expect(notifier.takeDelay() == nil)
        let unwatched = try Self.notifier(manager)
        for _ in 0..<2 { unwatched.turned() }
        #expect(unwatched.takeDelay() == nil)
        let patient = try Self.notifier(manager, .seconds(600))
        for _ in 0..<2 { patient.turned() }
        #expect(patient.takeDelay() == nil)
    }

    @Test func `a service manager that does not read holds up no turn`() throws {
        let manager = try Manager()
        let notifier = try Self.notifier(manager, .microseconds(1))
        // More than a socket of this kind keeps (net.unix.max_dgram_qlen).
        for _ in 0..<10_000 { notifier.turned() }
        let heard = manager.heard()
        #expect((1..<10_000).contains(heard.count))
        notifier.turned()
        #expect(manager.heard() == ["WATCHDOG=1"])
    }

    @Test(
        arguments: [
            ("60000000", nil, Duration.seconds(60)), ("60000000", "7", .seconds(60)),
            ("60000000", "8", nil),  // meant for another process
            ("60000000", "x", nil), ("0", nil, nil), ("-1", nil, nil), ("soon", nil, nil),
            (nil, "7", nil),
        ] as [(String?, String?, Duration?)]
    )
    func `the watchdog's time is read as sd_watchdog_enabled reads it`(
        microseconds: String?,
        pid: String?,
        expected: Duration?
    ) {
        let watchdog = Notifier.watchdog(microseconds: microseconds, pid: pid, own: 7)
        #expect(watchdog == expected)
    }

    @Test func `what is no address of a socket is nobody`() throws {
        let long = "/" + String(repeating: "x", count: 108)
        for path in ["", "relative", long] {
            #expect(Notifier(socket: path, watchdog: nil) == nil, "\(path)")
        }
        // Nobody listens there: said to nobody, and no harm done.
        let notifier = try #require(Notifier(socket: "@nobody-is-here", watchdog: .seconds(1)))
        notifier.ready()
        notifier.turned()
    }

    @Test func `without a service manager nothing is told, and no child inherits one`() throws {
        unsetenv("NOTIFY_SOCKET")
        #expect(Notifier.take() == nil)
        let manager = try Manager()
        setenv("NOTIFY_SOCKET", manager.path, 1)
        setenv("WATCHDOG_USEC", "4000000", 1)
        setenv("WATCHDOG_PID", String(getpid()), 1)
        let notifier = try #require(Notifier.take())
        #expect(notifier.watchdog == .seconds(4))
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
            #expect(getenv(name) == nil, "\(name)")
        }
        notifier.ready()
        #expect(manager.heard() == ["READY=1"])
    }
}
