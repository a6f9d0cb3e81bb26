import Cron
import Glibc
import Synchronization

/// The one door to the host's zone files: `$TZDIR`, else `/usr/share/zoneinfo`.
///
/// Each file is read once. Safe from any thread; a first look-up blocks for one small read.
/// The host's files, not a library's copy: they are what the administrator updates.
package final class ZoneDirectory: Sendable {
    /// Without a slash at the end.
    package let path: String
    private let cache = Mutex<[String: Zone]>([:])
    /// Names that were asked for, in vain too.
    private let asked = Mutex<Set<String>>([])

    /// The directory that this process's environment names.
    package static let host = ZoneDirectory(tzdir: getenv("TZDIR").map { String(cString: $0) })

    /// Names above this are refused unread.
    package static let nameLimitBytes = 255

    /// - Parameter tzdir: the value of `TZDIR`; nil or empty is the default folder.
    package convenience init(tzdir: String?) {
        self.init(path: tzdir.flatMap { $0.isEmpty ? nil : $0 } ?? "/usr/share/zoneinfo")
    }

    package init(path: String) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// The zone of an IANA name such as `Asia/Tokyo`.
    ///
    /// - Throws: `badName` for what could lead out of the folder, `unknown` with the nearest known
    ///   name, `unreadable`, `malformed`.
    package func zone(named name: String) throws(ZoneError) -> Zone {
        if let known = cache.withLock({ $0[name] }) { return known }
        try Self.check(name)
        asked.withLock { _ = $0.insert(name) }
        let bytes: [UInt8]
        do {
            bytes = try ZoneFile.read("\(path)/\(name)")
        } catch {
            switch error {
            case .missing: throw missing(name)
            case .failed(let problem):
                throw .unreadable(name: name, problem: problem)
            }
        }
        let zone = try Zone(name: name, tzif: bytes)
        cache.withLock { $0[name] = zone }
        return zone
    }

    /// Why there is no such zone; `nil` where there is.
    package func fault(of name: String) -> ZoneError? {
        do {
            _ = try zone(named: name)
            return nil
        } catch {
            return error
        }
    }

    /// Forgets what was read: the files may have changed.
    package func forget() { cache.withLock { $0 = [:] } }

    /// The files that were asked for, there or not, for whoever watches them for changes: as they are named,
    /// and where links lead to other files, these.
    package var filesInUse: Set<String> {
        let named = asked.withLock { $0 }.map { "\(path)/\($0)" }
        return Set(named + named.compactMap(ZoneFile.resolved))
    }

    private func missing(_ name: String) -> ZoneError {
        let links = ZoneLinks(inFolder: path)
        guard links.knows(name) else {
            return .unknown(name: name, directory: path, nearest: nearest(to: name, links))
        }
        let present = links.present(of: name) { ZoneFile.kind("\(path)/\($0)") == .zone }
        return .former(name: name, directory: path, present: present)
    }

    /// Refuses every name that is not a plain path below the folder.
    private static func check(_ name: String) throws(ZoneError) {
        func refuse(_ problem: String) -> ZoneError {
            .badName(name: String(name.prefix(60)), problem: problem)
        }
        guard !name.isEmpty else { throw refuse("it is empty") }
        guard name.utf8.count <= nameLimitBytes else { throw refuse("it is too long") }
        guard name.utf8.allSatisfy(Zone.isNameByte) else {
            throw refuse("only letters, digits and / _ - + . can stand in one")
        }
        for part in name.split(separator: "/", omittingEmptySubsequences: false) {
            guard !part.isEmpty else { throw refuse("a part of the path is empty") }
            guard !part.hasPrefix(".") else { throw refuse("a part of the path begins with a dot") }
        }
    }

    /// All names, sorted: every TZif file below the folder but for `posix/`, `right/` and
    /// the two that stand for another (`localtime`, `posixrules`). Reads the folder each time.
    package func names() -> [String] {
        var names: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for entry in ZoneFile.entries(of: "\(path)/\(folder)") {
                let name = folder + entry
                if folder.isEmpty, Self.isNoZone(entry) { continue }
                switch ZoneFile.kind("\(path)/\(name)") {
                case .folder where folders.count < Self.folderLimit: folders.append("\(name)/")
                case .zone: names.append(name)
                default: break
                }
            }
        }
        return names.sorted()
    }

    /// Far more folders than any release of the zone data has.
    private static let folderLimit = 1000

    private static func isNoZone(_ entry: String) -> Bool {
        ["posix", "right", "localtime", "posixrules"].contains(entry)
    }

    /// The known name that a mistyped one probably means.
    package func nearest(to name: String) -> String? {
        nearest(to: name, ZoneLinks(inFolder: path))
    }

    /// A former name may be what was meant, too: its present one is told.
    private func nearest(to name: String, _ links: ZoneLinks) -> String? {
        let names = names()
        let known = Set(names).union(links.names).sorted()
        guard let near = NearestZone.find(name, among: known) else { return nil }
        return links.present(of: near, where: Set(names).contains)
            ?? NearestZone.find(name, among: names)
    }
}
