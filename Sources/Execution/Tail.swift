import Flows

/// The last `Limit.tailBytes` of what an attempt printed, both streams as they came.
struct Tail {
    private var kept: [UInt8] = []
    /// Whose last line has no newline yet.
    private var open: OutputStream?

    /// Amortised: the front is dropped only once twice the limit is held.
    mutating func append(_ lines: LineSplitter.Lines, _ stream: OutputStream) {
        // What follows is another line, though nobody has ended this one.
        if let open, open != stream { kept.append(newline) }
        open = lines.open == lines.count ? stream : nil
        append(lines.open == 0 ? lines.bytes : Self.asPrinted(lines))
    }

    private mutating func append(_ bytes: [UInt8]) {
        if bytes.count >= Limit.tailBytes {
            kept = Array(bytes.suffix(Limit.tailBytes + 1))
            return
        }
        kept += bytes
        if kept.count > 2 * Limit.tailBytes { kept.removeFirst(kept.count - Limit.tailBytes - 1) }
    }

    /// Without the newlines that are ours.
    private static func asPrinted(_ lines: LineSplitter.Lines) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = lines.bytes[...]
        for _ in 0..<lines.open {
            guard let end = rest.firstIndex(of: newline) else { break }
            bytes += rest[..<end]
            rest = rest[(end + 1)...]
        }
        return bytes + rest
    }

    /// Begins with the start of a line, unless a single line fills it.
    var bytes: [UInt8] {
        guard kept.count > Limit.tailBytes else { return kept }
        let window = kept.suffix(Limit.tailBytes + 1)
        // The byte before the window tells whether a line begins there.
        guard let end = window.dropLast().firstIndex(of: newline) else {
            return Array(window.dropFirst())
        }
        return Array(window[(end + 1)...])
    }
}

private let newline: UInt8 = 10
