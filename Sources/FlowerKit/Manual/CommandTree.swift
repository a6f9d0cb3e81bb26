import ArgumentParser
import FoundationEssentials

/// A command with its options and its commands, as ArgumentParser tells them of itself
/// (`--experimental-dump-help`).
struct CommandTree: Decodable {
    struct Argument: Decodable {
        enum Kind: String, Decodable {
            case positional
            case option
            case flag
        }

        struct Name: Decodable {
            let kind: String
            let name: String

            /// As it is typed.
            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        let kind: Kind
        let shouldDisplay: Bool
        let sectionTitle: String?
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let preferredName: Name?
        let valueName: String?
        let defaultValue: String?
        let allValues: [String]?
        let abstract: String?
    }

    let commandName: String
    let shouldDisplay: Bool
    let abstract: String?
    let discussion: String?
    let subcommands: [CommandTree]?
    let arguments: [Argument]?

    /// That of `flower` itself.
    static func root() throws -> CommandTree {
        struct Dump: Decodable { let command: CommandTree }
        let text = RootCommand._dumpHelp()
        return try JSONDecoder().decode(Dump.self, from: Data(text.utf8)).command
    }

    /// Those that help shows, `help` itself left out.
    var shownCommands: [CommandTree] {
        (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    /// Those that help shows, but for the two that every command has.
    var shownArguments: [Argument] {
        (arguments ?? []).filter { argument in
            let names = (argument.names ?? []).map(\.name)
            return argument.shouldDisplay && !names.contains("help") && !names.contains("version")
        }
    }
}
