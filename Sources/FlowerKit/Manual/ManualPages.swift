import Storage

/// The pages of section 1: `flower(1)`, and one for each command, `flower-run(1)`.
///
/// What they say comes from where the program itself has it: the commands' declarations, `ExitCode` and
/// `KnownVariable`. The pages of flow files and of the concepts are written by hand, beside this file.
struct ManualPages {
    let root: CommandTree

    /// Names of files with their texts.
    var all: [(name: String, text: String)] {
        [("flower.1", overview.text)]
            + root.shownCommands.map { ("flower-\($0.commandName).1", page(of: $0).text) }
    }

    // MARK: - flower(1)

    private var overview: Roff {
        var page = page(titled: "FLOWER")
        page.section("NAME")
        page.line("flower \\- \(Roff.plain(Self.phrase(root.abstract)))")
        page.section("SYNOPSIS")
        page.line("\(Roff.bold("flower")) \(Roff.italic("command")) [\(Roff.italic("options"))]")
        page.section("DESCRIPTION")
        page.line(Roff.plain(Self.description))
        page.section("COMMANDS")
        for group in RootCommand.configuration.groupedSubcommands {
            page.subsection(group.name)
            for command in group.subcommands where command.configuration.shouldDisplay {
                let name = command.configuration.commandName ?? ""
                let term = "\(Roff.bold("flower-\(name)"))(1)"
                page.item(term, command.configuration.abstract)
            }
        }
        page.section("OPTIONS")
        page.line(Roff.plain("Every command has these two:"))
        page.item(Roff.bold("--version"), "Show the version.")
        page.item("\(Roff.bold("-h")), \(Roff.bold("--help"))", "Show help information.")
        exitCodes(&page)
        page.section("ENVIRONMENT")
        for variable in KnownVariable.all {
            page.item(Roff.bold(variable.name), variable.meaning)
        }
        page.section("FILES")
        for file in Self.files { page.item(Roff.italic(file.path), file.meaning) }
        seeAlso(["flower(5)", "flower(7)", "crontab(5)", "journalctl(1)", "systemctl(1)"], &page)
        return page
    }

    private static let description = """
        Flower runs recurring jobs on one host: a cron-style scheduler and a one-shot batch runner \
        around one SQLite file. A flow, its tasks and what each of them needs, is written in a file; \
        flower(5) has its keys. Every due time is registered exactly once, every task runs in order, \
        at most once at a time, and what was not run is recorded with its reason. flower(7) tells how \
        the parts work together.
        """

    private static let files = [
        (
            path: StateFolder.systemPath,
            meaning: "The system's state folder, of user and group flower: flower.db (SQLite), "
                + "what tasks printed in logs/, the runners' locks in runners/, what tasks hand on "
                + "in outputs/, wake, write.lock, schema.lock."
        ),
        (path: "~/.local/state/flower", meaning: "The same for a user."),
        (path: FolderPath.systemFlowFiles, meaning: "The flow files of the system's scheduler."),
        (path: "~/.config/flower/schedules", meaning: "Those of a user's scheduler."),
        (
            path: "/etc/flower/on-failure",
            meaning: "A program, if there is one, that is started when a unit of Flower fails, for "
                + "the runner when a task has failed for good. Its argument is the unit's name."
        ),
        (path: "~/.config/flower/on-failure", meaning: "The same for a user's units."),
    ]

    private func exitCodes(_ page: inout Roff) {
        page.section("EXIT STATUS")
        for code in ExitCode.allCases {
            page.item(Roff.bold(String(code.rawValue)), code.meaning)
        }
    }

    // MARK: - A command's page

    private func page(of command: CommandTree) -> Roff {
        let name = command.commandName
        var page = page(titled: "FLOWER-\(name.uppercased())")
        page.section("NAME")
        page.line(
            "\(Roff.plain("flower-\(name)")) \\- \(Roff.plain(Self.phrase(command.abstract)))"
        )
        page.section("SYNOPSIS")
        let parts = command.shownCommands
        for (number, each) in (parts.isEmpty ? [command] : parts).enumerated() {
            if number > 0 { page.lineBreak() }
            let words = parts.isEmpty ? "flower \(name)" : "flower \(name) \(each.commandName)"
            page.line(Self.synopsis(of: each, words))
        }
        page.section("DESCRIPTION")
        describe(command, &page)
        list(command.shownArguments, &page)
        for part in parts {
            page.section("flower \(name) \(part.commandName)")
            describe(part, &page)
            list(part.shownArguments, &page)
        }
        page.section("EXIT STATUS")
        page.line("0 where all is well; the others are in \(Roff.bold("flower"))(1).")
        seeAlso(["flower(1)", "flower(5)", "flower(7)"], &page)
        return page
    }

    private func describe(_ command: CommandTree, _ page: inout Roff) {
        page.line(Roff.plain(command.abstract ?? ""))
        for paragraph in Self.paragraphs(command.discussion ?? "") { page.paragraph(paragraph) }
    }

    /// The options under their own headings where they have one, as in help.
    private func list(_ arguments: [CommandTree.Argument], _ page: inout Roff) {
        var titles: [String] = []
        for argument in arguments where !titles.contains(Self.title(argument)) {
            titles.append(Self.title(argument))
        }
        for title in titles {
            page.subsection(title)
            for argument in arguments where Self.title(argument) == title {
                page.item(Self.term(argument), Self.meaning(argument))
            }
        }
    }

    private static func title(_ argument: CommandTree.Argument) -> String {
        argument.sectionTitle ?? (argument.kind == .positional ? "Arguments" : "Options")
    }

    private static func term(_ argument: CommandTree.Argument) -> String {
        let value = Roff.italic(argument.valueName ?? "")
        guard let names = argument.names else { return value }
        // `-f, --follow`, whatever the declaration's order.
        let ordered = names.filter { $0.kind == "short" } + names.filter { $0.kind != "short" }
        let written = ordered.map { Roff.bold($0.text) }.joined(separator: ", ")
        return argument.kind == .option ? "\(written) \(value)" : written
    }

    private static func meaning(_ argument: CommandTree.Argument) -> String {
        var facts: [String] = []
        if let values = argument.allValues {
            facts.append("one of \(values.joined(separator: ", "))")
        }
        if let value = argument.defaultValue { facts.append("default: \(value)") }
        let sentence = argument.abstract ?? ""
        return facts.isEmpty ? sentence : "\(sentence) (\(facts.joined(separator: "; ")))"
    }

    private static func synopsis(of command: CommandTree, _ name: String) -> String {
        let arguments = command.shownArguments
        let ordered =
            arguments.filter { $0.kind != .positional }
            + arguments.filter { $0.kind == .positional }
        let words = ordered.map { argument in
            var word = Roff.italic(argument.valueName ?? "")
            if let name = argument.preferredName {
                word =
                    argument.kind == .flag
                    ? Roff.bold(name.text) : "\(Roff.bold(name.text)) \(word)"
            }
            if argument.isRepeating { word += " ..." }
            return argument.isOptional ? "[\(word)]" : word
        }
        return ([Roff.bold(name)] + words).joined(separator: " ")
    }

    // MARK: - What all have

    private func page(titled title: String) -> Roff {
        Roff(
            title: title,
            section: 1,
            date: Flower.releasedOn,
            source: "flower \(Flower.version)"
        )
    }

    /// - Parameter pages: `crontab(5)`.
    private func seeAlso(_ pages: [String], _ page: inout Roff) {
        page.section("SEE ALSO")
        let words = pages.map { name in
            "\(Roff.bold(String(name.prefix { $0 != "(" })))\(name.drop { $0 != "(" })"
        }
        page.line(words.joined(separator: ",\n"))
    }

    /// `List the flows.` as `list the flows`, for NAME.
    private static func phrase(_ sentence: String?) -> String {
        let sentence = sentence ?? ""
        let lowered = sentence.prefix(1).lowercased() + sentence.dropFirst()
        return lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
    }

    private static func paragraphs(_ text: String) -> [String] {
        text.split(separator: "\n\n").map(String.init)
    }
}
