import Flows
import HostFiles

/// One command of a service's `ExecStart=` and its like: systemd.service(5), "Command lines".
struct ServiceCommand: Hashable {
    /// Absolute, or a name that is looked for in the folders of `PATH`.
    var path: String
    /// `@`: what the program is told to be.
    var ownName: String?
    /// After the program's name.
    var words: [Word] = []
    /// `-`: an end in error counts as success.
    var ignoresFailure = false
    /// `+`, `!` or `!!`.
    var privileges = ""
    /// What systemd takes for the name of a variable that cannot be: no word comes of it.
    var lostWords: [String] = []

    enum Word: Hashable {
        /// One word, whatever its variables hold.
        case text([Piece])
        /// `$NAME` alone: as many words as the variable has.
        case split(String)
    }

    enum Piece: Hashable {
        case literal(String)
        /// `${NAME}`
        case variable(String)
    }

    struct Problem: Error {
        let message: String
        var hint: String?
    }

    /// The commands of one line: several where a bare `;` is between them.
    ///
    /// - Throws: `Problem` for what systemd refuses, or what is not known before the unit runs.
    static func parse(
        _ text: String,
        _ specifiers: UnitSpecifiers
    ) throws(Problem) -> [ServiceCommand] {
        let words: [UnitWords.Word]
        do throws(UnitWords.Fault) {
            words = try UnitWords.split(text)
        } catch {
            let what = error == .zeroByte ? "a zero byte" : "a quote or escape that does not end"
            throw Problem(message: "\(what): systemd passes the line over")
        }
        var commands: [ServiceCommand] = []
        for part in words.split(whereSeparator: { $0.source == ";" }) {
            guard let first = part.first else { continue }
            let arguments = part.dropFirst().map { $0.source == "\\;" ? ";" : $0.text }
            commands.append(try command(first.text, arguments, specifiers))
        }
        return commands
    }

    private static func command(
        _ first: String,
        _ arguments: [String],
        _ specifiers: UnitSpecifiers
    ) throws(Problem) -> ServiceCommand {
        var rest = Substring(first)
        var (hasOwnName, ignores, expands, privileges) = (false, false, true, "")
        prefixes: while let character = rest.first {
            switch character {
            case "-" where !ignores: ignores = true
            case "@" where !hasOwnName: hasOwnName = true
            case ":" where expands: expands = false
            case "+" where privileges.isEmpty: privileges = "+"
            case "!" where privileges.isEmpty || privileges == "!": privileges += "!"
            default: break prefixes
            }
            rest.removeFirst()
        }
        let path = try expanded(String(rest), specifiers)
        guard !path.isEmpty, !path.hasSuffix("/"), path.hasPrefix("/") || !path.contains("/")
        else {
            throw Problem(
                message: "'\(path)' is neither a program's name nor its whole path:"
                    + " systemd refuses it"
            )
        }
        var command = ServiceCommand(path: path)
        command.ignoresFailure = ignores
        command.privileges = privileges
        var arguments = arguments[...]
        if hasOwnName {
            guard let name = arguments.popFirst() else {
                throw Problem(message: "'@' wants a second word: systemd refuses it")
            }
            command.ownName = try expanded(name, specifiers)
        }
        for argument in arguments {
            let text = try expanded(argument, specifiers)
            if expands {
                command.add(text)
            } else {
                command.words.append(.text([.literal(text)]))
            }
        }
        return command
    }

    private static func expanded(
        _ text: String,
        _ specifiers: UnitSpecifiers
    ) throws(Problem) -> String {
        do throws(UnitSpecifiers.Fault) {
            return try specifiers.expand(text)
        } catch {
            throw Problem(
                message: "what stands for \(error.specifier) is not known here",
                hint: "write it out in a drop-in, and import again"
            )
        }
    }

    /// A word in which variables are looked for: systemd.service(5).
    private mutating func add(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.first == 0x24, bytes.count == 1 || bytes[1] != 0x7B && bytes[1] != 0x24 {
            let name = String(text.dropFirst())
            if ServiceVariable.isName(name) {
                words.append(.split(name))
            } else {
                lostWords.append(text)
            }
            return
        }
        words.append(.text(ServiceVariable.pieces(text)))
    }
}

/// How systemd finds variables in a word.
enum ServiceVariable {
    /// `[A-Za-z_][A-Za-z0-9_]*`
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy(isNameByte)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }

    /// `${NAME}` is a variable, `$$` a dollar sign; what else follows a `$` stays as it is, `${NAME:-x}` too.
    static func pieces(_ text: String) -> [ServiceCommand.Piece] {
        var pieces: [ServiceCommand.Piece] = []
        var literal = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "$", let next = rest.first else {
                literal.append(character)
                continue
            }
            if next == "$" {
                rest.removeFirst()
                literal.append("$")
            } else if next == "{", let end = rest.firstIndex(where: { $0 == "}" || $0 == ":" }),
                rest[end] == "}"
            {
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
                // Of no variable that can be: systemd has no value for it.
                guard isName(name) else { continue }
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = ""
                pieces.append(.variable(name))
            } else {
                literal.append("$")
            }
        }
        if !literal.isEmpty || pieces.isEmpty { pieces.append(.literal(literal)) }
        return pieces
    }
}

extension ServiceCommand {
    /// How a command is executed, and what of its end counts as success.
    struct Manner: Hashable {
        /// `nice -n 19` and its like.
        var before: [String] = []
        /// Exit codes of `SuccessExitStatus=`, signals as the shell tells them.
        var successCodes: [Int] = []
        /// `ExecCondition=`: 0 goes on, 255 is an error, others leave the rest out.
        var isCondition = false
    }

    enum Action: Hashable {
        case exec([String])
        case run(String)
    }

    /// The output that a condition leaves for the tasks after it.
    static let conditionOutput = "go"

    func action(_ manner: Manner) -> Action {
        let literals = words.compactMap { word -> String? in
            guard case .text(let pieces) = word, pieces.count == 1,
                case .literal(let text) = pieces[0]
            else { return nil }
            return text
        }
        let start = manner.before + program
        let isPlain = !ignoresFailure && manner.successCodes.isEmpty && !manner.isCondition
        if isPlain, literals.count == words.count { return .exec(start + literals) }
        var lines: [String] = []
        // Values of variables name no files.
        if words.contains(where: { if case .split = $0 { true } else { false } }) {
            lines.append("set -f")
        }
        let command = (start.map { ShellWord.quoted($0) } + words.map(shellText)).joined(
            separator: " "
        )
        if manner.isCondition {
            lines += [
                "code=0", "\(command) || code=$?", "case $code in",
                #"0) echo \#(Self.conditionOutput)=yes >> "$FLOWER_OUTPUT" ;;"#,
                "255) exit 255 ;;",
                #"*) echo \#(Self.conditionOutput)=no >> "$FLOWER_OUTPUT" ;;"#, "esac",
            ]
        } else if ignoresFailure {
            lines.append("\(command) || true")
        } else if !manner.successCodes.isEmpty {
            let codes = manner.successCodes.map(String.init).joined(separator: "|")
            lines += [
                "code=0", "\(command) || code=$?",
                "case $code in \(codes)) ;; *) exit $code ;; esac",
            ]
        } else {
            lines.append("exec \(command)")
        }
        return .run(lines.joined(separator: "\n"))
    }

    private var program: [String] {
        guard let ownName else { return [path] }
        return ["/bin/bash", "-c", #"exec -a "$0" "$@""#, ownName, path]
    }

    private func shellText(_ word: Word) -> String {
        switch word {
        case .split(let name): return "${\(name)-}"
        case .text(let pieces):
            return pieces.map { piece in
                switch piece {
                case .literal(let text): ShellWord.quoted(text)
                case .variable(let name): "\"${\(name)-}\""
                }
            }
            .joined()
        }
    }

    /// Of a task.
    var taskName: String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return ["sh", "bash", "dash", "env", "true"].contains(name) ? "command" : name
    }

    var hasSplitVariable: String? {
        for case .split(let name) in words { return name }
        return nil
    }
}
