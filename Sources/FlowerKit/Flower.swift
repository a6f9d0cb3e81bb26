import ArgumentParser
import CLinux
import Components
import Execution
import Flows
import Glibc

/// Work in Swift that a task's `component:` names; see ``Flower/main(components:)``.
public typealias Component = Components.Component
public typealias ComponentContext = Components.ComponentContext
public typealias ComponentDuration = Components.ComponentDuration

/// The whole command line, for `flower` itself and for programs that add components of their own.
public enum Flower {
    /// What `flower --version` says: the one place that knows it. A package's change log begins with the
    /// same (systemd/debian/changelog).
    static let version = "0.1.0"
    /// The day of that version, for the manual.
    static let releasedOn = "2026-11-24"

    /// Runs the command that the program's arguments name, and exits with its code.
    ///
    /// ```swift
    /// import FlowerKit
    ///
    /// struct Greet: Component {
    ///     static let name = "greet"
    ///     let person: String
    ///
    ///     func run(in context: ComponentContext) async throws {
    ///         context.print("hello \(person)")
    ///     }
    /// }
    ///
    /// Flower.main(components: [Greet.self])
    /// ```
    ///
    /// - Parameter components: besides Flower's own; one of the same name takes its place.
    public static func main(components: [any Component.Type] = []) -> Never {
        // A runner must outlive the reader of its output; see `Output`.
        signal(SIGPIPE, SIG_IGN)
        // A write beyond `ulimit -f` is to fail as one to a full disk does, not to end us.
        signal(SIGXFSZ, SIG_IGN)
        // systemd's watchdog sends it. Swift's runtime (6.3) would print a backtrace, take its handler
        // away, wait for the crash to repeat itself, and so go on.
        signal(SIGABRT, SIG_DFL)
        // libdispatch (Swift 6.3) asks for a priority for each of its threads: for that of its timers the
        // highest, for others 0, under nice(1) too. Each time that it does not get one, as only root does, it
        // would tell the system's log.
        setenv("LIBDISPATCH_LOG", "NO", 0)
        Output.keepStandardDescriptors()
        clinux_keep_heap()
        let (arguments, strange) = Self.arguments()
        if ComponentProcess.isAsked(by: arguments) {
            ComponentProcess.run(registry(with: components))
        }
        let session = Session.current(registry(with: components))
        // To the end of the process: see `Session.keepOpen`.
        _ = Unmanaged.passRetained(session)
        let code = strange.map { tell($0, in: session) } ?? run(arguments, in: session)
        session.end()
        exit(code.rawValue)
    }

    private static func registry(with components: [any Component.Type]) -> ComponentRegistry {
        var registry = ComponentRegistry.builtIn
        for component in components { registry.add(component) }
        return registry
    }

    /// Those of this process, as they are: Swift's own list has U+FFFD for each byte that is no text.
    ///
    /// - Returns: besides them what is wrong with the first that cannot be taken.
    private static func arguments() -> (all: [String], strange: Failure?) {
        var all: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let pointer = CommandLine.unsafeArgv[index] else { break }
            guard let text = String(validatingCString: pointer) else {
                return (all, strangeArgument(String(cString: pointer)))
            }
            all.append(text)
        }
        return (all, nil)
    }

    /// - Parameter text: the argument, mended. What stands behind its name may be a secret.
    private static func strangeArgument(_ text: String) -> Failure {
        guard let equals = text.firstIndex(of: "=") else {
            return Failure(.badInput, "the argument '\(text)' is no UTF-8 text")
        }
        return Failure(.badInput, "the value of '\(text[..<equals])' \(OutputText.noText)")
    }

    private static func tell(_ failure: Failure, in session: Session) -> ExitCode {
        // Where standard error is gone, the code alone must tell.
        try? session.complain(failure.text)
        return failure.code
    }

    /// Runs one command; what it has to say against is printed already.
    static func run(_ arguments: [String], in session: Session) -> ExitCode {
        do {
            if let shortcut = Shortcut(arguments) { return try shortcut.run(in: session) }
            return try command(arguments, in: session)?.run(in: session) ?? .success
        } catch is Output.ReaderGone {
            return .success
        } catch {
            return tell(Failure(error), in: session)
        }
    }

    /// - Returns: `nil` where help or the version was asked for, and is printed.
    private static func command(
        _ arguments: [String],
        in session: Session
    ) throws -> (any FlowerCommand)? {
        if let command = namedCommand(arguments) { return command }
        do {
            if let command = try RootCommand.parseAsRoot(arguments) as? any FlowerCommand {
                return command
            }
            // `flower help runs` is ArgumentParser's own command, whose run() throws the help.
            var helpCommand = try RootCommand.parseAsRoot(arguments)
            try helpCommand.run()
            return nil
        } catch {
            let columns = session.terminal.columns ?? 80
            let text = RootCommand.fullMessage(for: error, columns: columns)
            guard RootCommand.exitCode(for: error) != .success else {
                try session.print(text + "\n")
                return nil
            }
            let message = RootCommand.message(for: error)
            throw misuse(arguments, unknownOption(arguments, behind: message) ?? message, text)
        }
    }

    /// The command that the first argument names, parsed by itself: from the root, ArgumentParser first makes
    /// the tree of all commands, which takes it 2 ms.
    ///
    /// - Returns: `nil` where there is none, or anything to be said: then the root says it.
    private static func namedCommand(_ arguments: [String]) -> (any FlowerCommand)? {
        let commands = RootCommand.configuration.subcommands
        let named = commands.first { $0.configuration.commandName == arguments.first }
        return try? named?.parseAsRoot(Array(arguments.dropFirst())) as? any FlowerCommand
    }

    /// ArgumentParser's complaint in our manner.
    /// ArgumentParser tells first of what is missing, although an option that nobody knows may stand in its
    /// place.
    private static func unknownOption(_ arguments: [String], behind message: String) -> String? {
        guard message.hasPrefix("Missing expected argument") else { return nil }
        do {
            _ = try RootCommand.parseAsRoot(arguments + ["1"])
            return nil
        } catch {
            let other = RootCommand.message(for: error)
            return other.hasPrefix("Unknown option") ? other : nil
        }
    }

    private static func misuse(
        _ arguments: [String],
        _ message: String,
        _ fullText: String
    ) -> Failure {
        let names = RootCommand.configuration.subcommands.compactMap {
            $0.configuration.commandName
        }
        if let name = commandName(arguments), name != "help", !names.contains(name) {
            return Failure(
                .misuse,
                "there is no command '\(name)'",
                hint: didYouMean(name, among: names)
                    ?? "flower --help lists them"
            )
        }
        let usage = fullText.split(separator: "\n").first { $0.hasPrefix("Usage: ") }
        let lowered = message.prefix(1).lowercased() + message.dropFirst()
        let sentence = lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
        return Failure(
            .misuse,
            sentence,
            hint: usage.map { "usage: \($0.dropFirst("Usage: ".count))" }
        )
    }

    /// The first argument that is no option, nor an option's value; `nil` where there is none.
    private static func commandName(_ arguments: [String]) -> String? {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--state" { rest = rest.dropFirst() }
            if !argument.hasPrefix("-") { return argument }
        }
        return nil
    }
}
