import CLinux
import Glibc

/// A process from its making on: first it shares our memory, until it has exec'd or ended.
final class Launch {
    private(set) var pid: pid_t = 0
    /// Readable once the process has ended.
    private(set) var pidfd: Int32 = -1
    private let program: String
    private let directory: String
    /// What it shares; `nil` once it has given that back.
    private var shared: Shared?
    private var failure: Int32 = 0

    init(_ program: String, _ world: TaskWorld, _ mark: AttemptMark) {
        self.program = program
        directory = world.workingDirectory
        shared = Shared(program, world)
        shared?.spawn.pointee.locks = mark.locks
    }

    deinit {
        if pidfd >= 0 { close(pidfd) }
        // Somebody may have stopped it in its first moments: it keeps what it shares, and nobody waits.
        if !settle(), let shared { _ = Unmanaged.passRetained(shared) }
    }

    /// The descriptors may be closed when this returns.
    ///
    /// - Returns: 0, or why there is no process: an errno value.
    func begin(
        input: Int32,
        output: Int32,
        errors: Int32,
        mask: mode_t
    ) -> Int32 {
        guard let spawn = shared?.spawn else { preconditionFailure("a launch begins once") }
        (spawn.pointee.input, spawn.pointee.output) = (input, output)
        (spawn.pointee.errors, spawn.pointee.mask) = (errors, mask)
        return clinux_spawn_begin(spawn, &pid, &pidfd)
    }

    /// Frees what was shared once it is shared no more.
    ///
    /// - Returns: whether it has.
    func settle() -> Bool {
        guard let spawn = shared?.spawn else { return true }
        if clinux_spawn_is_busy(spawn) { return false }
        failure = spawn.pointee.failure
        shared = nil
        return true
    }

    /// Why the program never ran; `nil` where it did. To be asked once the process has ended.
    var fault: LaunchFault? {
        // The kernel tells that it shares nothing more before it tells that it has ended.
        guard settle() else { return nil }
        return failure == 0 ? nil : LaunchFault(spawning: program, in: directory, code: failure)
    }

    /// The memory of a launch, in places that do not move.
    private final class Shared {
        let spawn: UnsafeMutablePointer<clinux_spawn>
        private let arguments: CStringVector
        private let environment: CStringVector
        private let words: CStringVector

        init(_ program: String, _ world: TaskWorld) {
            arguments = CStringVector(world.arguments)
            environment = CStringVector(world.environment.map { "\($0.name)=\($0.value)" })
            words = CStringVector([program, world.workingDirectory])
            spawn = .allocate(capacity: 1)
            spawn.initialize(to: clinux_spawn())
            spawn.pointee.path = UnsafePointer(words.pointers[0])
            spawn.pointee.directory = UnsafePointer(words.pointers[1])
            spawn.pointee.arguments = UnsafePointer(arguments.pointers.baseAddress)
            spawn.pointee.environment = UnsafePointer(environment.pointers.baseAddress)
            let size = Int(CLINUX_SPAWN_STACK)
            spawn.pointee.stack = .allocate(byteCount: size, alignment: 16)
        }

        deinit {
            spawn.pointee.stack.deallocate()
            spawn.deallocate()
        }
    }
}
