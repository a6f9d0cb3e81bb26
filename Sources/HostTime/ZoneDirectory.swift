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
        let bytes: [UInt8]
        do {
            bytes = try ZoneFile.read("\(path)/\(name)")
        } catch {
            switch error {
            case .missing:
                throw .unknown(name: name, directory: path, nearest: nearest(to: name))
            case .failed(let problem):
                throw .unreadable(name: name, problem: problem)
            }
        }
        let zone = try Zone(name: name, tzif: bytes)
        cache.withLock { $0[name] = zone }
        return zone
    }

    /// Forgets what was read: the files may have changed.
    package func forget() { cache.withLock { $0 = [:] } }

    /// The folders whose files were read, for whoever watches them for changes.
    package var foldersInUse: Set<String> {
        var folders: Set<String> = [path]
        for name in cache.withLock({ Array($0.keys) }) {
            guard let slash = name.lastIndex(of: "/") else { continue }
            folders.insert("\(path)/\(name[..<slash])")
        }
        return folders
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
        NearestZone.find(name, among: names())
    }
}
