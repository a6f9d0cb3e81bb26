/// The program that a command for the shell is mainly about, to name a flow for.
///
/// Not a shell's grammar (XCU 2): enough of it to see past what stands before the program, as conditions,
/// wrappers, interpreters and words that the shell knows by itself. A wrong guess is only a poor name.
enum ShellProgram {
    /// The last part of the program's path as written; nil where no word is one.
    static func name(of command: String) -> String? {
        let found = find(in: Array(command.utf8), depth: 0)
        return found.strong ?? found.weak
    }

    private struct Found {
        var strong: String?
        /// What is taken where there is nothing better.
        var weak: String?

        mutating func add(_ other: Found) {
            if strong == nil { strong = other.strong }
            if weak == nil { weak = other.weak }
        }
    }

    /// A command within a command within a command, and no further.
    private static let depthLimit = 3

    private static func find(in bytes: [UInt8], depth: Int) -> Found {
        var found = Found()
        for words in simpleCommands(bytes) {
            found.add(judge(words[...], depth: depth))
            if found.strong != nil { break }
        }
        return found
    }

    // MARK: words

    /// The words of each simple command, their quotes taken out; redirections are left out.
    private static func simpleCommands(_ bytes: [UInt8]) -> [[String]] {
        var commands: [[String]] = []
        var words: [String] = []
        var word: [UInt8] = []
        var isWord = false, isTarget = false
        func isDigits(_ word: [UInt8]) -> Bool { word.allSatisfy(CronFieldParser.isDigit) }
        func endWord() {
            guard isWord else { return }
            if !isTarget { words.append(String(decoding: word, as: UTF8.self)) }
            (word, isWord, isTarget) = ([], false, false)
        }
        func endCommand() {
            endWord()
            if !words.isEmpty { commands.append(words) }
            (words, isTarget) = ([], false)
        }
        var quote: UInt8?
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if let open = quote {
                if byte == open {
                    quote = nil
                } else {
                    if byte == UInt8(ascii: "\\"), open == UInt8(ascii: "\""),
                        position < bytes.count
                    {
                        word.append(bytes[position])
                        position += 1
                    } else {
                        word.append(byte)
                    }
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""): (quote, isWord) = (byte, true)
            case UInt8(ascii: "\\") where position < bytes.count:
                word.append(bytes[position])
                (isWord, position) = (true, position + 1)
            case UInt8(ascii: " "), 9...13:
                endWord()
                if byte == 10 { endCommand() }
            case UInt8(ascii: ">"), UInt8(ascii: "<"):
                // `2>` is one operator; what follows is a file, `&1` too.
                if isDigits(word) { (word, isWord) = ([], false) }
                endWord()
                while position < bytes.count, "<>&|".utf8.contains(bytes[position]) {
                    position += 1
                }
                isTarget = true
            case UInt8(ascii: "$") where position < bytes.count && bytes[position] == 0x28,
                UInt8(ascii: "`"):
                // What a command prints is a word here.
                word.append(UInt8(ascii: "$"))
                (isWord, position) = (true, endOfSubstitution(byte, bytes, position))
            case UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "("),
                UInt8(ascii: ")"):
                endCommand()
            default:
                word.append(byte)
                isWord = true
            }
        }
        endCommand()
        return commands
    }

    private static func endOfSubstitution(
        _ first: UInt8,
        _ bytes: [UInt8],
        _ start: Int
    ) -> Int {
        let isQuote = first == UInt8(ascii: "`")
        var depth = isQuote ? 1 : 0
        for position in start..<bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "`") where isQuote: depth -= 1
            case UInt8(ascii: "(") where !isQuote: depth += 1
            case UInt8(ascii: ")") where !isQuote: depth -= 1
            default: continue
            }
            if depth == 0 { return position + 1 }
        }
        return bytes.count
    }

    // MARK: programs

    private static func judge(_ words: ArraySlice<String>, depth: Int) -> Found {
        var rest = words
        while let word = rest.first, keywords.contains(word) || isAssignment(word) {
            rest = rest.dropFirst()
        }
        guard let word = rest.popFirst() else { return Found() }
        let name = base(word)
        if let wrapper = wrappers[name] { return within(rest, wrapper, name, depth) }
        let interpreter = interpreters.first {
            name.hasPrefix($0.key) && isVersion(name.dropFirst($0.key.count))
        }
        if let interpreter { return script(rest, interpreter.value, name, depth) }
        if name == "." || name == "source" { return Found(weak: rest.first.map { base($0) }) }
        if name == "eval", depth < depthLimit {
            return find(in: Array(rest.joined(separator: " ").utf8), depth: depth + 1)
        }
        let isPlain = builtins.contains(name) || (word.hasPrefix("$") && !word.contains("/"))
        guard name.contains(where: { $0.isLetter || $0.isNumber }) else { return Found() }
        return isPlain ? Found(weak: name) : Found(strong: name)
    }

    /// What a wrapper runs: behind its options, and as many words as it takes for itself.
    private static func within(
        _ words: ArraySlice<String>,
        _ wrapper: Wrapper,
        _ name: String,
        _ depth: Int
    ) -> Found {
        var rest = words
        var positions = wrapper.positions
        while let word = rest.first {
            if wrapper.texts.contains(word), let text = rest.dropFirst().first, depth < depthLimit {
                return find(in: Array(text.utf8), depth: depth + 1)
            }
            // `command -v x` only asks.
            if name == "command", word == "-v" || word == "-V" { return Found() }
            if word == wrapper.instead { positions = 0 }
            if word.hasPrefix("-") {
                rest = rest.dropFirst()
                if wrapper.valued.contains(word), rest.count > 1 { rest = rest.dropFirst() }
            } else if positions > 0 {
                positions -= 1
                rest = rest.dropFirst()
            } else if isAssignment(word) {
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        guard !rest.isEmpty, depth < depthLimit else { return Found(weak: name) }
        var found = judge(rest, depth: depth + 1)
        if found.weak == nil { found.weak = name }
        return found
    }

    private static func script(
        _ words: ArraySlice<String>,
        _ interpreter: Interpreter,
        _ name: String,
        _ depth: Int
    ) -> Found {
        var rest = words
        while let word = rest.popFirst() {
            if interpreter.isShell, word.hasPrefix("-"), word.hasSuffix("c"), let text = rest.first,
                depth < depthLimit
            {
                var found = find(in: Array(text.utf8), depth: depth + 1)
                if found.weak == nil { found.weak = name }
                return found
            }
            if interpreter.files.contains(word), let file = rest.first {
                return Found(strong: base(file))
            }
            if interpreter.texts.contains(word) { return Found(weak: name) }
            if word.hasPrefix("-") || word == "+o" {
                if interpreter.valued.contains(word) { _ = rest.popFirst() }
                continue
            }
            return Found(strong: base(word))
        }
        return Found(strong: name)
    }

    private static func base(_ word: String) -> String {
        word.split(separator: "/").last.map(String.init) ?? word
    }

    private static func isAssignment(_ word: String) -> Bool {
        guard let equals = word.utf8.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let name = word.utf8[..<equals]
        return !name.isEmpty
            && name.allSatisfy { byte in
                CronFieldParser.isLetter(byte) || CronFieldParser.isDigit(byte)
                    || byte == UInt8(ascii: "_")
            }
    }

    /// `3.11` of python3.11.
    private static func isVersion(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { CronFieldParser.isDigit($0) || $0 == UInt8(ascii: ".") }
    }

    private static let keywords: Set<String> = [
        "if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "time",
    ]

    /// What stands before, or is run in its own name only where there is nothing else.
    private static let builtins: Set<String> = [
        "[", "[[", "test", "cd", "sleep", "export", "umask", "set", "unset", "ulimit", "trap",
        "true", "false", ":", "exit", "echo", "printf", "read", "wait", "eval", "shift", "let",
        "local", "return", "for", "case", "esac", "in", "pushd", "popd", "type", "which", "hash",
    ]
}
