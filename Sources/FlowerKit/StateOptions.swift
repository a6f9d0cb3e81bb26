import ArgumentParser
import Glibc
import Storage

/// Which state folder a command works with. Understood before the command's name as after it.
struct StateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The state folder (default: $FLOWER_STATE, $STATE_DIRECTORY, root's or your own).",
            valueName: "folder"
        )
    )
    var state: String?

    @Flag(help: "Use the system's state folder, \(StateFolder.systemPath).")
    var system = false

    @Flag(help: "Use your own state folder, even as root.")
    var user = false

    func validate() throws {
        let chosen = [state != nil, system, user].count { $0 }
        guard chosen <= 1 else {
            throw ValidationError("--state, --system and --user exclude each other")
        }
        guard state != "" else { throw ValidationError("--state names no folder") }
    }

    func folder(_ session: Session) -> StateFolder {
        StateFolder.locate(
            explicit: state,
            system: system,
            user: user,
            environment: session.environment,
            isRoot: geteuid() == 0
        )
    }

    /// For a command that looks or acts on what is there: makes nothing.
    ///
    /// - Throws: `StorageError.notFound` where there is no database yet.
    func openStore(_ session: Session) throws -> Store {
        try Store.open(folder(session), create: false)
    }

    /// For a command with which a state folder's life may begin.
    func makeStore(_ session: Session) throws -> Store {
        try Store.open(folder(session), create: true)
    }
}

/// How a command that looks tells what it found.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case json
    }

    @Option(name: .shortAndLong, help: "How to print it.")
    var output = Format.table
}
