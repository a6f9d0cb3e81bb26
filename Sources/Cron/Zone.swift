/// A time zone's rules as segments of constant UTC offset.
///
/// Built from a TZif file's bytes (RFC 9636), its footer included, so it answers for any instant.
/// Copying one copies a reference. The host's files are `ZoneDirectory`'s business.
package struct Zone: Sendable {
    package let name: String
    private let table: SegmentTable

    package static let utc = Zone(name: "UTC", offset: 0)

    /// Offsets lie within ±26 hours (RFC 9636 section 3.2: -25h < offset < 26h).
    static let offsetLimit: Int64 = 26 * 3600

    /// A zone that never changes.
    package init(name: String, offset: Int64) {
        precondition(abs(offset) < Self.offsetLimit, "an offset lies within 26 hours")
        self.name = name
        table = SegmentTable(changes: [], first: offset)
    }

    /// - Throws: `ZoneError.malformed`, saying what is wrong with the bytes.
    package init(name: String, tzif: [UInt8]) throws(ZoneError) {
        self.name = name
        do {
            table = try ZoneRules(tzif: tzif).table()
        } catch {
            throw .malformed(name: name, problem: error.problem)
        }
    }

    /// A zone given by a POSIX `TZ` string, such as `JST-9`.
    package init(name: String, posix: String) throws(ZoneError) {
        self.name = name
        do {
            let rule = try PosixRule(ArraySlice(Array(posix.utf8)))
            table = ZoneRules(changes: [], first: 0, rule: rule).table()
        } catch {
            throw .malformed(name: name, problem: error.problem)
        }
    }

    /// A span of instants, [start, end) in seconds, with one offset from UTC.
    package struct Segment: Sendable, Hashable {
        /// Far in the past for the first segment.
        package var start: Int64
        /// Far in the future for the last segment.
        package var end: Int64
        /// Seconds east of UTC: local time is instant + offset.
        package var offset: Int64
        /// The local time up to which earlier segments count as covered.
        ///
        /// Above `localStart` after a clock went back: up to here local times have passed once.
        /// Below it after a clock went forward: [passed, localStart) was skipped. Equal to it where
        /// nothing changed or the change was a correction (`ClockChange`).
        package var passed: Int64

        package var localStart: Int64 { start &+ offset }
        package var localEnd: Int64 { end &+ offset }
    }

    /// The segment that holds a second. Its neighbours are those at `end` and `start - 1`.
    @inline(__always)
    package func segment(at second: Int64) -> Segment {
        table.segment(at: second)
    }

    /// Seconds east of UTC at an instant.
    package func offset(at instant: Instant) -> Int64 {
        segment(at: instant.seconds).offset
    }

    /// What may stand in a zone's name; `/` separates folders.
    package static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// Why there is no such zone.
package enum ZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name cannot be a zone's: empty, absolute, with `..`, too long, odd characters.
    case badName(name: String, problem: String)
    /// No such file; `nearest` is a known name that differs little.
    case unknown(name: String, directory: String, nearest: String?)
    /// No such file, though the host's zone data knows the name: `present` is what it is called now.
    ///
    /// Debian 13 moved some 110 of them into a package of their own.
    case former(name: String, directory: String, present: String?)
    /// The file is there and cannot be read.
    case unreadable(name: String, problem: String)
    /// The file is no TZif file, or a damaged one.
    case malformed(name: String, problem: String)

    package var description: String {
        switch self {
        case .badName(let name, let problem):
            "'\(name)' is not a zone name: \(problem)"
        case .unknown(let name, let directory, let nearest):
            "no zone '\(name)' in \(directory)" + (nearest.map { "; did you mean \($0)?" } ?? "")
        case .former(let name, let directory, let present):
            "no zone '\(name)' in \(directory) any more"
                + (present.map { ": it is \($0) now" } ?? "")
        case .unreadable(let name, let problem):
            "cannot read the zone '\(name)': \(problem)"
        case .malformed(let name, let problem):
            "the file of zone '\(name)' is damaged: \(problem)"
        }
    }

    /// What to do about it; `nil` where nothing better is known than to look at the names there are.
    package var hint: String? {
        switch self {
        case .unknown(_, _, let nearest): nearest.map { "did you mean '\($0)'?" }
        case .former(let name, _, let present):
            (present.map { "write '\($0)', or bring" } ?? "bring")
                + " '\(name)' back: apt install tzdata-legacy"
        case .malformed: "apt install --reinstall tzdata"
        case .badName, .unreadable: nil
        }
    }
}
