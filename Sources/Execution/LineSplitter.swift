/// Cuts a stream of bytes into whole lines, in bounded memory.
///
/// A line longer than `RunnerLimit.lineBytes` is cut there, at the boundary of a UTF-8 character if
/// it is text, and goes on as the next line. Bytes that are no text pass as they are.
struct LineSplitter {
    /// Lines that came of one read: each ended by a newline, which of the first `open` is ours.
    struct Lines {
        var bytes: [UInt8]
        var count: Int
        /// How many of them, from the first on, have no newline in what was read: a line was too long, or it
        /// was the last of all.
        var open = 0
    }

    private var partial: [UInt8] = []

    /// The whole lines that `bytes` complete; `nil` where they complete none.
    ///
    /// - Precondition: at most `RunnerLimit.lineBytes` at a time, so that only the first line can
    ///   be too long.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Lines? {
        precondition(bytes.count <= RunnerLimit.lineBytes, "more bytes than one line may have")
        guard !bytes.isEmpty else { return nil }
        var lines = Lines(bytes: [], count: 0)
        guard let last = bytes.lastIndex(of: newline) else {
            partial += bytes
            cutPartial(into: &lines)
            return lines.count == 0 ? nil : lines
        }
        let whole = UnsafeRawBufferPointer(rebasing: bytes[...last])
        if !partial.isEmpty, let first = whole.firstIndex(of: newline) {
            partial += whole[...first]
            cutPartial(into: &lines, newlines: 1)
            lines.bytes += partial
            lines.count += 1
            lines.append(whole[(first + 1)...])
        } else {
            lines.append(whole[...])
        }
        partial.removeAll(keepingCapacity: true)
        partial += bytes[whole.count...]
        return lines
    }

    /// What is left at the end of the stream, as a last line; `nil` where nothing is.
    mutating func finish() -> Lines? {
        guard !partial.isEmpty else { return nil }
        let lines = Lines(bytes: partial + [newline], count: 1, open: 1)
        partial = []
        return lines
    }

    private mutating func cutPartial(into lines: inout Lines, newlines: Int = 0) {
        while partial.count - newlines > RunnerLimit.lineBytes {
            var end = RunnerLimit.lineBytes
            // A UTF-8 character has at most three bytes of the form 10xxxxxx after its first.
            while end > RunnerLimit.lineBytes - 3, partial[end] & 0xC0 == 0x80 {
                end -= 1
            }
            lines.bytes += partial[..<end]
            lines.bytes.append(newline)
            lines.count += 1
            lines.open += 1
            partial.removeFirst(end)
        }
    }
}

extension LineSplitter.Lines {
    fileprivate mutating func append(_ slice: Slice<UnsafeRawBufferPointer>) {
        let whole = UnsafeRawBufferPointer(rebasing: slice)
        bytes += whole
        for byte in whole where byte == newline { count += 1 }
    }
}

private let newline: UInt8 = 10
