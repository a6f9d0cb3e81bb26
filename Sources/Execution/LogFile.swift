import Cron
import Flows
import Glibc

/// The stored form of a line: `2026-11-23T21:10:54.807Z o:12 text`.
///
/// The instant (UTC) of reading, the stream (`o` output, `e` errors), the line's number in its attempt, and
/// the bytes as they came. A `+` in the place of the blank before the bytes says that no newline followed
/// them; one in the place of the blank before the stream, that they go on where the line before of that
/// stream was left open. What Flower says between the lines has no number, `…Z - text`; nor had the lines of
/// versions before this form.
package enum LogFile {
    /// Of instant, blank, stream and the byte after it.
    static let prefixBytes = 27

    static func append(_ chunk: LogChunk, to buffer: inout [UInt8]) {
        let stamp = stamp(chunk.readAt)
        chunk.forEachLine { line in
            buffer += stamp
            buffer.append(line.goesOn ? plus : blank)
            buffer.append(chunk.stream.rawValue)
            if chunk.stream != .note {
                buffer.append(colon)
                buffer += String(line.number).utf8
            }
            buffer.append(line.isOpen ? plus : blank)
            buffer += line.text
            buffer.append(newline)
        }
    }

    /// What lines take that have so many bytes with their newlines; `last` is the greatest of their numbers.
    static func bytes(_ bytes: Int, lines: Int, last: Int) -> Int {
        bytes + lines * (prefixBytes + 1 + String(last).utf8.count)
    }

    /// A stored line taken apart.
    struct Record {
        let readAt: Instant
        let stream: OutputStream
        /// In its attempt; `nil` of what Flower says, and of an older version's line.
        let number: Int?
        let isOpen: Bool
        let goesOn: Bool
        let text: ArraySlice<UInt8>
    }

    /// - Parameter line: without its newline.
    /// - Returns: `nil` for one that was not stored so.
    static func parse(_ line: ArraySlice<UInt8>) -> Record? {
        guard line.count >= prefixBytes else { return nil }
        let start = line.startIndex
        guard let readAt = instant(line[start..<(start + 24)]),
            line[start + 24] == blank || line[start + 24] == plus,
            let stream = OutputStream(rawValue: line[start + 25])
        else { return nil }
        var number: Int?
        var place = start + 26
        if line[place] == colon {
            var value = 0
            place += 1
            while place < line.endIndex, (0x30...0x39).contains(line[place]), value < 1 << 50 {
                value = value * 10 + Int(line[place] - 0x30)
                place += 1
            }
            number = value
        }
        guard place < line.endIndex, line[place] == blank || line[place] == plus else { return nil }
        return Record(
            readAt: readAt,
            stream: stream,
            number: number,
            isOpen: line[place] == plus,
            goesOn: line[start + 24] == plus,
            text: line[(place + 1)...]
        )
    }

    /// Whether a stored line is what Flower says, and counts for none of the task's.
    static func isNote(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count > 25 && line[25] == OutputStream.note.rawValue
    }

    /// 24 bytes, `YYYY-MM-DDTHH:MM:SS.mmmZ`; years of four digits, which lasts.
    static func stamp(_ instant: Instant) -> [UInt8] {
        var seconds = time_t(instant.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func add(_ value: Int, _ width: Int, _ end: UInt8) {
            var scale = 1
            for _ in 1..<width { scale *= 10 }
            while scale > 0 {
                text.append(UInt8(truncatingIfNeeded: 0x30 + value / scale % 10))
                scale /= 10
            }
            text.append(end)
        }
        add(Int(parts.tm_year) + 1900, 4, UInt8(ascii: "-"))
        add(Int(parts.tm_mon) + 1, 2, UInt8(ascii: "-"))
        add(Int(parts.tm_mday), 2, UInt8(ascii: "T"))
        add(Int(parts.tm_hour), 2, UInt8(ascii: ":"))
        add(Int(parts.tm_min), 2, UInt8(ascii: ":"))
        add(Int(parts.tm_sec), 2, UInt8(ascii: "."))
        add(Int(instant.milliseconds - instant.seconds * 1000), 3, UInt8(ascii: "Z"))
        return text
    }

    private static func instant(_ stamp: ArraySlice<UInt8>) -> Instant? {
        var fields: [Int] = []
        var value = 0
        for byte in stamp {
            switch byte {
            case 0x30...0x39: value = value * 10 + Int(byte - 0x30)
            default:
                fields.append(value)
                value = 0
            }
        }
        guard fields.count == 7 else { return nil }
        var parts = tm()
        parts.tm_year = Int32(clamping: fields[0] - 1900)
        parts.tm_mon = Int32(clamping: fields[1] - 1)
        parts.tm_mday = Int32(clamping: fields[2])
        parts.tm_hour = Int32(clamping: fields[3])
        parts.tm_min = Int32(clamping: fields[4])
        parts.tm_sec = Int32(clamping: fields[5])
        return Instant(milliseconds: Int64(timegm(&parts)) * 1000 + Int64(fields[6]))
    }

    private static let newline: UInt8 = 10
    private static let blank: UInt8 = 32
    private static let plus = UInt8(ascii: "+")
    private static let colon = UInt8(ascii: ":")
}
