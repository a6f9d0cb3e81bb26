extension Condition {
    package struct Fault: Error, Hashable {
        package let message: String
        package let hint: String?
        /// From 0, in UTF-8 bytes of the condition.
        package let offset: Int
        /// Of what is wrong, in bytes; at least 1.
        package let length: Int
    }

    /// - Throws: `Fault` at the first place where it is no condition.
    package init(_ text: String) throws(Fault) {
        var parser = Parser(text)
        let root = try parser.whole()
        self.init(text: text, root: root, places: parser.places, patience: parser.patience)
    }

    /// Recursive descent; what is left of the text stands in `rest`.
    private struct Parser {
        private let text: String
        private let bytes: [UInt8]
        private var tokens: [Token] = []
        private var next = 0
        private var depth = 0
        private(set) var places: [(name: String, offset: Int)] = []
        private(set) var patience = Patience.success

        private struct Token {
            enum Kind: Equatable {
                case word(String)
                case text(Operand)
                case comparison(Comparison)
                case open
                case close
            }

            let kind: Kind
            let offset: Int
            let length: Int
        }

        /// What GitHub Actions, Airflow and others call how the needs have ended.
        private static let synonyms = [
            "failure": "failed", "fail": "failed", "error": "failed", "one_failed": "failed",
            "all_failed": "failed", "unsuccessful": "failed", "cancelled": "failed",
            "success": "succeeded", "ok": "succeeded", "successful": "succeeded",
            "all_success": "succeeded", "completed": "always", "complete": "always",
            "done": "always", "all_done": "always", "finished": "always", "ended": "always",
            "any": "always", "never": "false", "yes": "true", "no": "false",
        ]

        private static let hint =
            #"such as: failed, or ${region} == "east" and not (${count} > 100)"#

        init(_ text: String) {
            self.text = text
            bytes = Array(text.utf8)
        }

        mutating func whole() throws(Fault) -> Part {
            guard bytes.count <= Limit.conditionBytes else {
                throw fault("is longer than \(Limit.conditionBytes) bytes", 0, bytes.count)
            }
            try split()
            let part = try or()
            guard next < tokens.count else { return part }
            let token = tokens[next]
            let shown = shown(token)
            throw fault(
                token.kind == .close
                    ? "')' closes nothing" : "'\(shown)' follows without 'and' or 'or'",
                token.offset,
                token.length
            )
        }

        // MARK: the grammar

        private mutating func or() throws(Fault) -> Part {
            var part = try and()
            while takes(.word("or")) { part = .or(part, try and()) }
            return part
        }

        private mutating func and() throws(Fault) -> Part {
            var part = try not()
            while takes(.word("and")) { part = .and(part, try not()) }
            return part
        }

        private mutating func not() throws(Fault) -> Part {
            var count = 0
            while takes(.word("not")) { count += 1 }
            let part = try comparison()
            return count % 2 == 0 ? part : .not(part)
        }

        private mutating func comparison() throws(Fault) -> Part {
            guard next < tokens.count else {
                throw fault(
                    tokens.isEmpty ? "is empty" : "ends where something should follow",
                    max(bytes.count - 1, 0),
                    1
                )
            }
            let token = tokens[next]
            next += 1
            switch token.kind {
            case .word(let word): return try self.word(word, token)
            case .open: return try group(token)
            case .text(let left):
                guard next < tokens.count, case .comparison(let comparison) = tokens[next].kind
                else {
                    throw fault(
                        "'\(shown(token))' is neither true nor false",
                        token.offset,
                        token.length,
                        hint: "compare it: \(shown(token)) == \"…\""
                    )
                }
                next += 1
                return .compare(left, comparison, try right(of: tokens[next - 1]))
            case .comparison, .close:
                throw fault("'\(shown(token))' stands where a text or a word is due", token)
            }
        }

        private mutating func right(of comparison: Token) throws(Fault) -> Operand {
            guard next < tokens.count, case .text(let right) = tokens[next].kind else {
                throw fault(
                    "'\(shown(comparison))' has no text at its right",
                    comparison.offset,
                    comparison.length,
                    hint: "texts stand in quotes: \"east\", numbers and ${…} as they are"
                )
            }
            next += 1
            return right
        }

        private mutating func group(_ token: Token) throws(Fault) -> Part {
            depth += 1
            defer { depth -= 1 }
            guard depth <= Limit.nesting else {
                throw fault("has more than \(Limit.nesting) parentheses within each other", token)
            }
            let part = try or()
            guard takes(.close) else { throw fault("'(' has no ')'", token) }
            return part
        }

        private mutating func word(_ word: String, _ token: Token) throws(Fault) -> Part {
            switch word {
            case "succeeded": return .succeeded
            case "failed":
                if patience == .success { patience = .end }
                return .failed
            case "always":
                patience = .always
                return .constant(true)
            case "true": return .constant(true)
            case "false": return .constant(false)
            case "and", "or":
                throw fault("'\(word)' has nothing at its left", token)
            default:
                let words = ["succeeded", "failed", "always", "and", "or", "not", "true", "false"]
                throw fault(
                    "'\(word)' is no word of a condition",
                    token.offset,
                    token.length,
                    hint: didYouMean(word, among: words, synonyms: Self.synonyms)
                        ?? "a text stands in quotes: \"\(word)\""
                )
            }
        }

        private mutating func takes(_ kind: Token.Kind) -> Bool {
            guard next < tokens.count, tokens[next].kind == kind else { return false }
            next += 1
            return true
        }

        // MARK: the words

        private mutating func split() throws(Fault) {
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if [0x20, 0x09, 0x0A, 0x0D].contains(byte) {
                    index += 1
                    continue
                }
                let token = try token(at: index)
                tokens.append(token)
                index += token.length
            }
        }

        private mutating func token(at start: Int) throws(Fault) -> Token {
            let rest = bytes[start...]
            switch rest.first {
            case UInt8(ascii: "("): return Token(kind: .open, offset: start, length: 1)
            case UInt8(ascii: ")"): return Token(kind: .close, offset: start, length: 1)
            case UInt8(ascii: "$"): return try place(at: start)
            case UInt8(ascii: "\""), UInt8(ascii: "'"): return try quoted(at: start)
            default: break
            }
            for comparison in Comparison.allCases where rest.starts(with: comparison.rawValue.utf8)
            {
                let length = comparison.rawValue.utf8.count
                return Token(kind: .comparison(comparison), offset: start, length: length)
            }
            let run = rest.prefix { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
            let word = String(decoding: run, as: UTF8.self)
            if run.isEmpty {
                // A whole character, not the first byte of one.
                let length = max(1, rest.dropFirst().prefix { $0 & 0xC0 == 0x80 }.count + 1)
                let shown = String(decoding: rest.prefix(length), as: UTF8.self)
                let hints = [
                    "=": "'==' compares", "!": "write 'not'", "&": "write 'and'", "|": "write 'or'",
                ]
                throw fault(
                    "'\(shown)' means nothing here",
                    start,
                    length,
                    hint: hints[shown] ?? Self.hint
                )
            }
            if DecimalText(word) != nil {
                return Token(kind: .text(try text(word, start)), offset: start, length: run.count)
            }
            return Token(kind: .word(word), offset: start, length: run.count)
        }

        private mutating func place(at start: Int) throws(Fault) -> Token {
            let end = Template.end(of: bytes[start...])
            guard bytes[start...].starts(with: "${".utf8), let end else {
                throw fault("'$' begins no '${…}'", start, 1)
            }
            let length = end + 1 - start
            let written = String(decoding: bytes[start...end], as: UTF8.self)
            return Token(kind: .text(try text(written, start)), offset: start, length: length)
        }

        private mutating func quoted(at start: Int) throws(Fault) -> Token {
            let quote = bytes[start]
            guard let end = bytes[(start + 1)...].firstIndex(of: quote) else {
                let shown = String(decoding: [quote], as: UTF8.self)
                throw fault("\(shown) begins a text that does not end", start, 1)
            }
            let written = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
            let text = try text(written, start + 1, isQuoted: true)
            return Token(kind: .text(text), offset: start, length: end + 1 - start)
        }

        private mutating func text(
            _ written: String,
            _ start: Int,
            isQuoted: Bool = false
        ) throws(Fault) -> Operand {
            do {
                let template = try Template(written)
                for (name, offset) in zip(template.names, template.placeOffsets) {
                    places.append((name, start + offset))
                }
                return Operand(template: template, isQuoted: isQuoted)
            } catch {
                throw fault(error.message, start + error.offset, 2)
            }
        }

        // MARK: faults

        private func shown(_ token: Token) -> String {
            String(decoding: bytes[token.offset..<(token.offset + token.length)], as: UTF8.self)
        }

        private func fault(_ message: String, _ token: Token) -> Fault {
            fault(message, token.offset, token.length)
        }

        private func fault(
            _ message: String,
            _ offset: Int,
            _ length: Int,
            hint: String? = Parser.hint
        ) -> Fault {
            Fault(message: message, hint: hint, offset: offset, length: length)
        }
    }
}
