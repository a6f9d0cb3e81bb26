import Foundation
import Testing

/// A zone that a test makes up: its offsets by instant, and the file that says so.
struct MadeUpZone: Hashable {
    /// Seconds east of UTC before the first change.
    var first: Int64
    /// Ascending.
    var changes: [Change] = []

    struct Change: Hashable {
        var at: Int64
        var offset: Int64
    }

    func offset(at second: Int64) -> Int64 {
        changes.last { $0.at <= second }?.offset ?? first
    }

    /// RFC 9636, version 1: after the last change its offset stays.
    var file: Data {
        let offsets = [first] + changes.map(\.offset)
        var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
        let counts = [0, 0, 0, changes.count, offsets.count, 4]
        for count in counts { bytes += Self.word(Int64(count)) }
        for change in changes { bytes += Self.word(change.at) }
        bytes += changes.indices.map { UInt8($0 + 1) }
        for offset in offsets { bytes += Self.word(offset) + [0, 0] }
        return Data(bytes + Array("ZZZ\0".utf8))
    }

    private static func word(_ value: Int64) -> [UInt8] {
        withUnsafeBytes(of: Int32(value).bigEndian) { Array($0) }
    }

    /// As dpkg(1) does it: written beside it, then renamed.
    func install(_ path: String) throws { try Self.install(file, path) }

    static func install(_ data: Data, _ path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try data.write(to: URL(fileURLWithPath: path + ".dpkg-new"))
        try #require(rename(path + ".dpkg-new", path) == 0)
    }
}

/// A schedule with an answer of its own: cron's wake-ups, minute by minute. Shares nothing with `Cron`.
struct MinuteByMinute: CustomStringConvertible {
    let text: String
    let minutes: Set<Int64>
    let hours: Set<Int64>
    /// Neither minute nor hour begins with `*`: crontab(5)'s rule for clock changes holds.
    let isFixed: Bool

    var description: String { text }

    private func matches(_ local: Int64) -> Bool {
        minutes.contains(local / 60 % 60) && hours.contains(local / 3600 % 24)
    }

    /// All due instants of the minutes in [`start`, `end`], in seconds. No change may be near `start`.
    func due(in zone: MadeUpZone, from start: Int64, through end: Int64) -> [Int64] {
        var due: [Int64] = []
        var passed = start + zone.offset(at: start) - 60
        for instant in stride(from: start, through: end, by: 60) {
            let local = instant + zone.offset(at: instant)
            guard isFixed else {
                if matches(local) { due.append(instant) }
                continue
            }
            let shift = local - (passed + 60)
            if shift >= 3 * 3600 || shift < -3 * 3600 {
                // A correction: nothing is made up for, and what comes again is due again.
                if matches(local) { due.append(instant) }
                passed = local
            } else if local > passed {
                let skipped = stride(from: passed + 60, through: local, by: 60)
                if skipped.contains(where: matches) { due.append(instant) }
                passed = local
            }
        }
        return due
    }
}
