/// Reads TZif, versions 1 to 4 (RFC 9636 section 3). Every count and index is checked.
extension ZoneRules {
    /// More than any real file needs (the largest has some 240).
    static let transitionLimit = 20_000

    /// - Throws: `ZoneFormatError` saying what is wrong.
    init(tzif bytes: [UInt8]) throws(ZoneFormatError) {
        var reader = TZifReader(bytes: bytes)
        let header = try reader.readHeader()
        guard header.version >= 2 else {
            self = try reader.readBlock(header, isLong: false)
            return
        }
        // The first block repeats the second in 32 bits, for readers of version 1.
        try reader.skip(header.size(isLong: false))
        let longHeader = try reader.readHeader()
        self = try reader.readBlock(longHeader, isLong: true)
        rule = try reader.readFooter()
    }
}

/// A cursor over a TZif file.
struct TZifReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    struct Header {
        var version: Int
        var utcCount: Int
        var standardCount: Int
        var leapCount: Int
        var transitionCount: Int
        var typeCount: Int
        var characterCount: Int

        func size(isLong: Bool) -> Int {
            let timeSize = isLong ? 8 : 4
            return transitionCount * (timeSize + 1) + typeCount * 6 + characterCount
                + leapCount * (timeSize + 4) + standardCount + utcCount
        }
    }

    private func failure(_ problem: String) -> ZoneFormatError {
        ZoneFormatError(problem: problem)
    }

    mutating func skip(_ count: Int) throws(ZoneFormatError) {
        guard count <= bytes.count - position else { throw failure("it ends too early") }
        position += count
    }

    private mutating func readInteger(_ size: Int) throws(ZoneFormatError) -> Int64 {
        let start = position
        try skip(size)
        var value: Int64 = Int64(Int8(bitPattern: bytes[start]))
        for byte in bytes[start + 1..<position] { value = value << 8 | Int64(byte) }
        return value
    }

    mutating func readHeader() throws(ZoneFormatError) -> Header {
        let start = position
        try skip(20)
        guard bytes[start..<start + 4].elementsEqual("TZif".utf8) else {
            throw failure("it is not a TZif file")
        }
        let versionByte = bytes[start + 4]
        guard versionByte == 0 || (UInt8(ascii: "2")...UInt8(ascii: "9")).contains(versionByte)
        else { throw failure("its version is unknown") }
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = try readInteger(4)
            guard count >= 0, count <= ZoneRules.transitionLimit else {
                throw failure("a count is out of range")
            }
            counts.append(Int(count))
        }
        let header = Header(
            version: versionByte == 0 ? 1 : Int(versionByte - UInt8(ascii: "0")),
            utcCount: counts[0],
            standardCount: counts[1],
            leapCount: counts[2],
            transitionCount: counts[3],
            typeCount: counts[4],
            characterCount: counts[5]
        )
        guard header.typeCount > 0, header.typeCount <= 256, header.characterCount > 0,
            header.utcCount == 0 || header.utcCount == header.typeCount,
            header.standardCount == 0 || header.standardCount == header.typeCount
        else { throw failure("its counts contradict each other") }
        guard header.size(isLong: false) <= bytes.count - position || header.version >= 2 else {
            throw failure("it ends too early")
        }
        return header
    }

    /// One data block as rules without a footer.
    mutating func readBlock(_ header: Header, isLong: Bool) throws(ZoneFormatError) -> ZoneRules {
        let timeSize = isLong ? 8 : 4
        guard header.size(isLong: isLong) <= bytes.count - position else {
            throw failure("it ends too early")
        }
        var times: [Int64] = []
        times.reserveCapacity(header.transitionCount)
        for _ in 0..<header.transitionCount {
            let time = try readInteger(timeSize)
            guard times.last.map({ $0 < time }) ?? true else {
                throw failure("its transitions are not in order")
            }
            times.append(time)
        }
        let typeIndexes = bytes[position..<position + header.transitionCount]
        position += header.transitionCount
        let offsets = try readTypes(header)
        position += header.characterCount
        let leaps = try readLeaps(header.leapCount, timeSize: timeSize)
        position += header.standardCount + header.utcCount
        guard typeIndexes.allSatisfy({ Int($0) < header.typeCount }) else {
            throw failure("a transition has no type")
        }
        // Transitions before the big bang stand for "always" (zic writes some); clamp them.
        let limit = SegmentTable.beyond / 2
        let changes = zip(times, typeIndexes).map { time, type in
            let clamped = min(max(time, -limit), limit)
            return SegmentTable.Change(
                instant: clamped - leaps.correction(at: clamped),
                offset: offsets[Int(type)]
            )
        }
        guard zip(changes, changes.dropFirst()).allSatisfy({ $0.instant <= $1.instant }) else {
            throw failure("its leap seconds put its transitions out of order")
        }
        return ZoneRules(changes: changes, first: offsets[0], rule: nil)
    }

    private mutating func readTypes(_ header: Header) throws(ZoneFormatError) -> [Int64] {
        var offsets: [Int64] = []
        for _ in 0..<header.typeCount {
            let offset = try readInteger(4)
            let isDaylight = bytes[position]
            let abbreviation = bytes[position + 1]
            position += 2
            guard abs(offset) < Zone.offsetLimit else { throw failure("an offset is out of range") }
            guard isDaylight <= 1, Int(abbreviation) < header.characterCount else {
                throw failure("a type is out of range")
            }
            offsets.append(offset)
        }
        return offsets
    }

    private mutating func readLeaps(
        _ count: Int,
        timeSize: Int
    ) throws(ZoneFormatError) -> LeapSeconds {
        var leaps = LeapSeconds()
        for _ in 0..<count {
            let occurrence = try readInteger(timeSize)
            let correction = try readInteger(4)
            guard leaps.records.last.map({ $0.occurrence < occurrence }) ?? true else {
                throw failure("its leap seconds are not in order")
            }
            leaps.records.append((occurrence, correction))
        }
        return leaps
    }

    /// The text between two newlines after the second block; nil if it is empty.
    mutating func readFooter() throws(ZoneFormatError) -> PosixRule? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\n") else {
            throw failure("it has no footer")
        }
        let rest = bytes[(position + 1)...]
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            throw failure("its footer has no end")
        }
        let text = rest[..<end]
        return text.isEmpty ? nil : try PosixRule(text)
    }
}

/// The files under `right/` count leap seconds; POSIX time, and so Flower, does not.
struct LeapSeconds {
    /// Ascending by occurrence; the correction holds from it on.
    var records: [(occurrence: Int64, correction: Int64)] = []

    func correction(at time: Int64) -> Int64 {
        records.last { $0.occurrence <= time }?.correction ?? 0
    }
}
