import Glibc
import Storage

/// This same program as `flower run`, in a process of its own.
package final class RunnerProcess {
    package let pid: pid_t

    /// Where this program lies. Read at the start: the file may be replaced, and `/proc/self` of a process
    /// that became another user is closed to it.
    package struct Program: Sendable {
        let path: String

        package init() {
            var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = buffer.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
            }
            path =
                count > 0
                ? String(decoding: buffer.prefix(count), as: UTF8.self) : CommandLine.arguments[0]
        }
    }

    /// Starts `flower run --state FOLDER` with further `options`, in a session of its own: a Ctrl-C
    /// reaches it through this process alone.
    package init(_ program: Program, _ folder: StateFolder, _ options: [String]) throws {
        let words = [program.path, "run", "--state", folder.path] + options
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | Self.newSession))
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program.path, nil, &attributes, &arguments, environ)
        guard code == 0 else { throw SystemFailure("cannot start \(program.path)", code: code) }
        self.pid = pid
    }

    /// POSIX_SPAWN_SETSID, which Swift's Glibc does not show.
    private static let newSession: Int32 = 0x80

    private var isAsked = false

    /// The first time lets tasks end, the second ends them. Two signals of one kind could become one.
    package func askToStop() {
        kill(pid, isAsked ? SIGINT : SIGTERM)
        isAsked = true
    }
}
