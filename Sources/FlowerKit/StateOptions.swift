import ArgumentParser
import Glibc
import HostFiles
import Storage

/// Which state folder a command works with. Understood before the command's name as after it.
struct StateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The state folder (default: $FLOWER_STATE, $STATE_DIRECTORY, root's or your own).",
            valueName: "folder"
        ),
        completion: .directory
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

    var choice: StateChoice {
        if let state { return .folder(state) }
        return system ? .system : user ? .user : .unsaid
    }

    /// What is asked of files where tasks run as root; `nil` = they do not.
    func taskTrust(_ session: Session) -> FileTrust? {
        choice.folder(session).isRoots ? FileTrust(user: 0) : nil
    }

    /// For a command that looks or acts on what is there: makes nothing.
    ///
    /// - Throws: `StorageError.notFound` where there is no database yet.
    func openStore(_ session: Session) throws -> Store {
        try Store.open(choice.folder(session), create: false)
    }

    /// For a command with which a state folder's life may begin.
    func makeStore(_ session: Session) throws -> Store {
        try Store.open(choice.folder(session), create: true)
    }
}

/// What was said of the state folder on the command line.
enum StateChoice: Equatable {
    case unsaid
    case folder(String)
    case system
    case user

    func folder(_ session: Session) -> StateFolder { folder(session.environment) }

    func folder(_ environment: [String: String]) -> StateFolder {
        let explicit: String? = if case .folder(let path) = self { path } else { nil }
        return StateFolder.locate(
            explicit: explicit,
            system: self == .system,
            user: self == .user,
            environment: environment,
            isRoot: geteuid() == 0
        )
    }
}

/// How a command that looks tells what it found.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case json
    }

    @Option(name: .letter("o"), help: "How to print it.")
    var output = Format.table
}
