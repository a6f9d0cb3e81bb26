import Cron
import Glibc

/// The zone of this machine, as `/etc/localtime` gives it (localtime(5)), and the one in which a person wants
/// times shown, by `TZ` (tzset(3)).
///
/// The two are kept apart: were schedules due by whoever's `TZ`, each caller would have due times of their own.
package struct HostZone: Sendable {
    /// The value of `TZ`; nil if it is not set, and then `/etc/localtime` counts.
    var tz: String?
    var localtimePath = "/etc/localtime"
    /// Debian's note of the zone's name, used where `/etc/localtime` is a copy and not a link.
    var timezonePath = "/etc/timezone"
    var directory: ZoneDirectory

    package init(tz: String?, directory: ZoneDirectory) {
        self.tz = tz
        self.directory = directory
    }

    /// The machine's own, by which schedules without a zone are due.
    package static func current(in directory: ZoneDirectory = .host) throws(ZoneError) -> Zone {
        try HostZone(tz: nil, directory: directory).find()
    }

    /// The one in which this process shows times: `TZ`, else the machine's.
    package static func shown(in directory: ZoneDirectory = .host) throws(ZoneError) -> Zone {
        let tz = getenv("TZ").map { String(cString: $0) }
        return try HostZone(tz: tz, directory: directory).find()
    }

    /// The one that a run was registered in: a zone's name, or the machine's file where that is a copy
    /// whose name is not known. One whose name has gone since has the same rules under its present name.
    package static func ofRun(
        _ name: String,
        in directory: ZoneDirectory = .host
    ) throws(ZoneError) -> Zone {
        do {
            return try HostZone(tz: name, directory: directory).find()
        } catch {
            guard case .former(_, _, let present?) = error else { throw error }
            return try directory.zone(named: present)
        }
    }

    package func find() throws(ZoneError) -> Zone {
        guard let tz else { return try fromLocaltime() }
        let value = tz.hasPrefix(":") ? String(tz.dropFirst()) : tz
        guard !value.isEmpty else { return .utc }
        if value == localtimePath { return try fromLocaltime() }
        if value.hasPrefix("/") { return try fromFile(value) }
        do {
            return try directory.zone(named: value)
        } catch {
            // tzset(3): what is no file may be a rule, `JST-9`.
            guard !tz.hasPrefix(":"), let zone = try? Zone(name: value, posix: value) else {
                throw error
            }
            return zone
        }
    }

    /// A file anywhere: the administrator's choice, not a name from a schedule.
    private func fromFile(_ path: String) throws(ZoneError) -> Zone {
        if let name = name(ofPath: path) { return try directory.zone(named: name) }
        return try Zone(name: path, tzif: try bytes(of: path))
    }

    private func fromLocaltime() throws(ZoneError) -> Zone {
        if let target = ZoneFile.link(localtimePath) {
            if let name = name(ofPath: target) { return try directory.zone(named: name) }
        }
        guard let bytes = try? bytes(of: localtimePath) else {
            // No file: localtime(5) says UTC.
            return .utc
        }
        // A copy. Its own name is lost; Debian's note helps if its zone is the same.
        if let note = try? ZoneFile.read(timezonePath) {
            let name = String(decoding: note, as: UTF8.self).filter { !$0.isWhitespace }
            let original = try? ZoneFile.read("\(directory.path)/\(name)")
            if original == bytes { return try directory.zone(named: name) }
        }
        return try Zone(name: localtimePath, tzif: bytes)
    }

    /// `/usr/share/zoneinfo/Asia/Tokyo` → `Asia/Tokyo`.
    private func name(ofPath path: String) -> String? {
        let folder = directory.path + "/"
        if path.hasPrefix(folder) { return String(path.dropFirst(folder.utf8.count)) }
        guard let range = path.firstRange(of: "/zoneinfo/") else { return nil }
        return String(path[range.upperBound...])
    }

    private func bytes(of path: String) throws(ZoneError) -> [UInt8] {
        do {
            return try ZoneFile.read(path)
        } catch {
            switch error {
            case .missing: throw .unreadable(name: path, problem: "there is no such file")
            case .failed(let problem): throw .unreadable(name: path, problem: problem)
            }
        }
    }
}
