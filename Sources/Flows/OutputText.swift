/// What a task writes into the file that `$FLOWER_OUTPUT` names: its outputs, by key.
///
/// ```
/// file=/srv/sales/2026-11-23.csv
/// note<<END
/// as many lines as there are
/// END
/// ```
///
/// The form with `<<` is GitHub's (`$GITHUB_OUTPUT`): every line up to one that is the word alone, the last
/// newline not counted. Empty lines between outputs mean nothing; of a key written twice the later value
/// counts.
package enum OutputText {
    package struct Fault: Error, Hashable {
        /// From 1; 0 where it is the whole file's.
        package let line: Int
        package let message: String
        package let hint: String

        package init(line: Int, message: String, hint: String) {
            self.line = line
            self.message = message
            self.hint = hint
        }

        /// For the attempt's note.
        package var description: String {
            let place = line == 0 ? "" : ", line \(line)"
            return "$FLOWER_OUTPUT\(place): \(message); \(hint)"
        }
    }

    /// `[A-Za-z_][A-Za-z0-9_-]*`, at most `Limit.nameBytes`.
    package static func isKey(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= Limit.nameBytes else { return false }
        return bytes.allSatisfy(isKeyByte) && first != UInt8(ascii: "-") && !isDigit(first)
    }

    /// - Parameter mask: what is done to a line before a fault shows the beginning of it: a secret that is cut
    ///   would not be known again.
    /// - Returns: the outputs in the order in which their keys first stand in the file.
    package static func parse(
        _ bytes: [UInt8],
        hiding mask: ([UInt8]) -> [UInt8] = { $0 }
    ) throws(Fault) -> [Variable] {
        guard bytes.count <= Limit.outputBytesPerTask else {
            throw Fault(
                line: 0,
                message: "has \(bytes.count) bytes, at most \(Limit.outputBytesPerTask) are kept",
                hint: "write large results to a file and its path here"
            )
        }
        var reader = Reader(bytes)
        var outputs: [Variable] = []
        var places: [String: Int] = [:]
        while let line = reader.next() {
            if line.isEmpty { continue }
            let output = try read(line, &reader, mask)
            if let place = places[output.name] {
                outputs[place].value = output.value
            } else {
                guard outputs.count < Limit.outputsPerTask else {
                    throw Fault(
                        line: reader.number,
                        message: "a task has at most \(Limit.outputsPerTask) outputs",
                        hint: "write one that is a list"
                    )
                }
                places[output.name] = outputs.count
                outputs.append(output)
            }
        }
        return outputs
    }

    /// A text that `parse` reads back as `outputs`.
    package static func format(_ outputs: [Variable]) -> String {
        outputs.map { output in
            guard output.value.utf8.contains(newline) else {
                return "\(output.name)=\(output.value)\n"
            }
            // By bytes: to `Character` a `\r\n` is no line feed.
            let lines = output.value.utf8.split(separator: newline)
            var word = "END"
            while lines.contains(where: { $0.elementsEqual(word.utf8) }) { word += "_" }
            return "\(output.name)<<\(word)\n\(output.value)\n\(word)\n"
        }
        .joined()
    }

    private static func read(
        _ line: ArraySlice<UInt8>,
        _ reader: inout Reader,
        _ mask: ([UInt8]) -> [UInt8]
    ) throws(Fault) -> Variable {
        let number = reader.number
        let name = line.prefix(while: isKeyByte)
        let rest = line[name.endIndex...]
        let key = String(decoding: name, as: UTF8.self)
        let isLong = rest.starts(with: [UInt8(ascii: "<"), UInt8(ascii: "<")])
        guard isKey(key), isLong || rest.first == UInt8(ascii: "=") else {
            let all = mask(Array(line))
            let shown = String(decoding: all.prefix(40), as: UTF8.self)
            throw Fault(
                line: number,
                message: "'\(shown)\(all.count > 40 ? "…" : "")' is no output",
                hint: "write key=value, the key of letters, digits, '_' and '-', or key<<WORD"
            )
        }
        guard isLong else {
            return Variable(key, try value(Array(rest.dropFirst()), of: key, line: number))
        }
        let word = rest.dropFirst(2)
        var text: [UInt8] = []
        var count = 0
        while let line = reader.next() {
            if !word.isEmpty, line.elementsEqual(word) {
                return Variable(key, try value(text, of: key, line: number))
            }
            if count > 0 { text.append(newline) }
            text += line
            count += 1
        }
        let shown = String(decoding: mask(Array(word)), as: UTF8.self)
        throw Fault(
            line: number,
            message: word.isEmpty
                ? "'\(key)<<' names no word"
                : "'\(key)<<\(shown)' is not followed by a line '\(shown)'",
            hint: "end the value with a line that is the word alone: key<<END"
        )
    }

    private static func value(
        _ bytes: [UInt8],
        of key: String,
        line: Int
    ) throws(Fault) -> String {
        guard bytes.count <= Limit.outputBytes else {
            throw Fault(
                line: line,
                message: "the value of '\(key)' has \(bytes.count) bytes, at most"
                    + " \(Limit.outputBytes) are kept",
                hint: "write it to a file and its path here"
            )
        }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault(
                line: line,
                message: "the value of '\(key)' \(noTextAlone)",
                hint: noTextHint
            )
        }
        return text
    }

    /// Of a value, wherever one is read: bytes that are no text are never changed into some.
    package static let noText = "\(noTextAlone); \(noTextHint)"
    private static let noTextAlone = "is no UTF-8 text without NUL"
    private static let noTextHint = "encode it, with base64 for example, or write it to a file"

    private static let newline = UInt8(ascii: "\n")

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The lines of the file, without their newlines.
    private struct Reader {
        private let bytes: [UInt8]
        private var start = 0
        /// Of the line given last, from 1.
        private(set) var number = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func next() -> ArraySlice<UInt8>? {
            guard start < bytes.count else { return nil }
            let end = bytes[start...].firstIndex(of: OutputText.newline) ?? bytes.count
            defer { start = end + 1 }
            number += 1
            return bytes[start..<end]
        }
    }
}
