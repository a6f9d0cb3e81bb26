/// A place in a file's text: line and column from 1, columns in Unicode scalars.
struct Place: Sendable, Hashable, Comparable {
    var line: Int
    var column: Int
    /// How many columns are at fault, from `column` on, on this line; at least 1.
    var length: Int = 1

    static let start = Place(line: 1, column: 1)

    static func < (a: Place, b: Place) -> Bool {
        (a.line, a.column) < (b.line, b.column)
    }
}

/// A file's text, known to be UTF-8 without control characters, with its lines.
struct SourceText: Sendable {
    /// Without a byte order mark.
    let bytes: [UInt8]
    /// The offset at which each line begins; never empty.
    private let lineStarts: [Int]

    static let lineLimitBytes = 64 << 10

    /// Why bytes are no text, and where.
    struct Fault: Error, Hashable {
        let message: String
        let place: Place?
        let hint: String?
    }

    /// A crontab's text, only to show lines of it: cron knows no line break but LF, and minds the
    /// bytes of each line by itself.
    init(crontab fileBytes: [UInt8]) {
        bytes = fileBytes
        lineStarts = [0] + fileBytes.indices.filter { fileBytes[$0] == 0x0A }.map { $0 + 1 }
    }

    /// - Throws: `Fault` at the first byte that cannot stand in a YAML file.
    init(_ fileBytes: [UInt8]) throws(Fault) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if fileBytes.starts(with: [0xFF, 0xFE]) || fileBytes.starts(with: [0xFE, 0xFF]) {
            throw Fault(message: "is UTF-16, not UTF-8", place: nil, hint: "save it as UTF-8")
        }
        bytes = fileBytes.starts(with: mark) ? Array(fileBytes.dropFirst(3)) : fileBytes
        lineStarts = Self.lineStarts(bytes)
        if let offset = Self.firstInvalidByte(bytes) {
            throw Fault(
                message: "is not UTF-8 from this byte on",
                place: place(ofByte: offset),
                hint: "save it as UTF-8"
            )
        }
        if let (offset, value) = Self.firstControlCharacter(bytes) {
            let hexadecimal = String(value, radix: 16, uppercase: true)
            throw Fault(
                message: value == 0
                    ? "holds a NUL byte, so it is no text"
                    : "holds the control character U+\(hexadecimal.leftPadded(to: 4))",
                place: place(ofByte: offset),
                hint: nil
            )
        }
    }

    var lineCount: Int { lineStarts.count }

    /// The scalars of a line, from 1, without its line break.
    ///
    /// Empty for a line that is not there, and for one beyond `lineLimitBytes`: a thousand faults
    /// on one line of 8 MiB would each read it again.
    func line(_ number: Int) -> [Unicode.Scalar] {
        guard lineStarts.indices.contains(number - 1) else { return [] }
        let start = lineStarts[number - 1]
        let end = number < lineStarts.count ? lineStarts[number] : bytes.count
        guard end - start <= Self.lineLimitBytes else { return [] }
        var scalars = Array(String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars)
        while let last = scalars.last, Self.isBreak(last) { scalars.removeLast() }
        return scalars
    }

    /// The first line, from 1, whose first byte is `byte`.
    func firstLine(beginningWith byte: UInt8) -> Int? {
        lineStarts.firstIndex { $0 < bytes.count && bytes[$0] == byte }.map { $0 + 1 }
    }

    /// `place`, or the end of the last line with anything on it where the text ends before it.
    func clamped(_ place: Place) -> Place {
        guard place.line >= lineCount, line(place.line).isEmpty else { return place }
        var last = lineCount
        while last > 1, line(last).isEmpty { last -= 1 }
        return Place(line: last, column: line(last).count + 1)
    }

    func place(ofByte offset: Int) -> Place {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let before = String(decoding: bytes[lineStarts[low]..<offset], as: UTF8.self)
        return Place(line: low + 1, column: before.unicodeScalars.count + 1)
    }

    /// The line at `place` without its indentation, and carets under the place; a long line is cut.
    func excerpt(at place: Place) -> String? {
        let scalars = line(place.line)
        guard !scalars.isEmpty else { return nil }
        let indentation = scalars.prefix { $0 == " " || $0 == "\t" }.count
        let fault = min(place.column - 1, scalars.count)
        let reach = 72
        let isShort = scalars.count - indentation <= reach
        let from = max(min(indentation, fault), isShort ? 0 : fault - reach / 2)
        let upTo = min(scalars.count, max(from + reach, fault))
        var shown = from > indentation ? "…" : ""
        var carets = from > indentation ? " " : ""
        for scalar in scalars[from..<upTo] { shown.unicodeScalars.append(scalar) }
        for scalar in scalars[from..<fault] {
            carets += scalar == "\t" ? "\t" : String(repeating: " ", count: Text.width(scalar))
        }
        if upTo < scalars.count { shown += "…" }
        let marked = scalars[fault..<max(fault, min(upTo, fault + place.length))]
        let columns = marked.reduce(0) { $0 + Text.width($1) }
        return "\(shown)\n\(carets)^\(String(repeating: "~", count: max(0, columns - 1)))"
    }

    /// What YAML 1.1 and so libyaml ends a line at: LF, CR, NEL, LS, PS; CR LF is one.
    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func lineStarts(_ bytes: [UInt8]) -> [Int] {
        var starts = [0]
        bytes.withUnsafeBufferPointer { bytes in
            func follows(_ index: Int, _ tail: UInt8...) -> Bool {
                index + tail.count < bytes.count
                    && tail.indices.allSatisfy { bytes[index + 1 + $0] == tail[$0] }
            }
            for index in bytes.indices {
                switch bytes[index] {
                case 0x0A: starts.append(index + 1)
                case 0x0D: if !follows(index, 0x0A) { starts.append(index + 1) }
                case 0xC2: if follows(index, 0x85) { starts.append(index + 2) }
                case 0xE2:
                    if follows(index, 0x80, 0xA8) || follows(index, 0x80, 0xA9) {
                        starts.append(index + 3)
                    }
                default: break
                }
            }
        }
        return starts
    }

    private static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        var decoder = UTF8()
        var input = bytes.makeIterator()
        var offset = 0
        while case .scalarValue(let scalar) = decoder.decode(&input) {
            offset += UTF8.width(scalar)
        }
        return offset
    }

    /// The first one that YAML refuses in a file (YAML 1.2, `c-printable`), with its offset.
    private static func firstControlCharacter(_ bytes: [UInt8]) -> (offset: Int, value: UInt32)? {
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case 0x09, 0x0A, 0x0D: continue
            case 0..<0x20, 0x7F: return (index, UInt32(byte))
            case 0xC2 where bytes[index + 1] < 0xA0 && bytes[index + 1] != 0x85:
                return (index, UInt32(bytes[index + 1]))
            case 0xEF where bytes[index + 1] == 0xBB && bytes[index + 2] == 0xBF:
                return (index, 0xFEFF)
            case 0xEF where bytes[index + 1] == 0xBF && bytes[index + 2] >= 0xBE:
                return (index, 0xFFC0 + UInt32(bytes[index + 2] & 0x3F))
            default: continue
            }
        }
        return nil
    }
}

extension String {
    /// `self` with zeros before it up to `count` characters.
    func leftPadded(to count: Int) -> String {
        String(repeating: "0", count: max(0, count - self.count)) + self
    }
}
