import Foundation
import Glibc
import TestSupport
import Testing

/// Three schedulers in processes of their own, which die and are begun again.
final class Drivers {
    /// So long may any of them take; only a fault makes the test wait for it.
    private static let patienceMilliseconds: Int32 = 60_000
    /// More can only mean that none gets on.
    private static let mostDeaths = 5_000

    private struct Driver {
        var pid: pid_t = 0
        /// Its standard input and output.
        var socket: Int32 = -1
        /// Looks asked for and not yet answered.
        var pending = 0
    }

    private(set) var deaths = 0
    /// Of those, the ones that the test killed from outside.
    private(set) var kills = 0
    private(set) var answers = 0
    private var drivers: [Driver] = []
    private let words: [String]
    private var generator: SplitMix64
    init(count: Int, state: String, clock: String, seed: UInt64) throws {
        generator = SplitMix64(seed: seed)
        words = [Self.path, state, clock]
        drivers = Array(repeating: Driver(), count: count)
        for index in drivers.indices { try begin(index) }
    }

    deinit {
        for index in drivers.indices { end(index) }
    }

    private static let path: String = {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((link ?? "") as NSString).deletingLastPathComponent + "/SchedulerDriver"
    }()

    /// Asks each for a look.
    func poke() throws {
        for index in drivers.indices {
            var byte: UInt8 = 0x70
            // One that has died is seen when its answer is read.
            if send(drivers[index].socket, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 {
                drivers[index].pending += 1
            }
        }
    }

    /// Kills one from outside, wherever it is.
    func killOne() {
        kill(drivers[Int.random(in: drivers.indices, using: &generator)].pid, SIGKILL)
        kills += 1
    }

    /// Reads what has been answered, and begins again what has died.
    func look() throws { try collect(waiting: 0) }

    /// Waits until each has answered, or died and its next life has.
    func settle() throws {
        while drivers.contains(where: { $0.pending > 0 }) {
            try collect(waiting: Self.patienceMilliseconds)
        }
    }

    private func collect(waiting timeout: Int32) throws {
        var entries = drivers.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        let ready = poll(&entries, nfds_t(entries.count), timeout)
        try #require(ready > 0 || timeout == 0, "no scheduler answers")
        for (index, entry) in entries.enumerated() where entry.revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = recv(drivers[index].socket, &bytes, bytes.count, 0)
            if count > 0 {
                drivers[index].pending -= count
                answers += count
            } else {
                end(index)
                deaths += 1
                try #require(deaths < Self.mostDeaths, "they die and never get on")
                try begin(index)
            }
        }
    }

    private func begin(_ index: Int) throws {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &pair) == 0)
        defer { close(pair[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pair[1], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pair[1], STDOUT_FILENO)
        // Most die in their first looks; some live on, because a transaction that records hours has more
        // calls than the others live for.
        let isShort = Int.random(in: 0..<8, using: &generator) > 0
        let calls = isShort ? 500 : 20_000
        let dying = [
            "\(Int.random(in: 0..<calls, using: &generator))",
            "\(Int.random(in: 0...2, using: &generator))",
        ]
        var arguments = (words + dying).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pid: pid_t = 0
        let code = posix_spawn(&pid, Self.path, &actions, nil, &arguments, &environment)
        try #require(code == 0, "\(Self.path): \(String(cString: strerror(code)))")
        drivers[index] = Driver(pid: pid, socket: pair[0], pending: 1)
    }

    private func end(_ index: Int) {
        kill(drivers[index].pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(drivers[index].pid, &status, 0) < 0, errno == EINTR {}
        close(drivers[index].socket)
    }
}
