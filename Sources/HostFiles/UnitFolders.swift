import Glibc

/// Where systemd looks for units and their drop-ins: systemd.unit(5), "Unit File Load Path".
package struct UnitFolders: Sendable {
    /// Those that count more first.
    package let paths: [String]

    package init(paths: [String]) {
        self.paths = paths
    }

    /// Of the system's manager.
    package static let system = UnitFolders(paths: [
        "/etc/systemd/system.control", "/run/systemd/system.control", "/etc/systemd/system",
        "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ])

    /// Of a user's.
    package static func user(home: String) -> UnitFolders {
        UnitFolders(paths: [
            "\(home)/.config/systemd/user", "/etc/systemd/user", "/run/systemd/user",
            "\(home)/.local/share/systemd/user", "/usr/local/share/systemd/user",
            "/usr/share/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user",
        ])
    }

    /// A unit's settings: its own file's, then those of its drop-ins.
    package struct Unit: Sendable {
        package let name: UnitName
        /// Its own file.
        package let path: String
        package var settings: [UnitFile.Setting] = []
        package var complaints: [(path: String, complaint: UnitFile.Complaint)] = []
        /// In the order in which they are read.
        package var dropIns: [String] = []
    }

    package enum Fault: Error, Hashable {
        case missing
        /// Led to /dev/null, or is empty.
        case masked(path: String)
        case unreadable(path: String, code: Int32)
        case tooLarge(path: String)
    }

    /// Of a unit's file or a drop-in; systemd itself reads no larger line.
    package static let fileBytes = 1 << 20

    /// - Parameter path: the unit's own file where that is known.
    /// - Throws: `Fault`.
    package func unit(_ name: UnitName, at path: String? = nil) throws(Fault) -> Unit {
        let own: String
        if let path { own = path } else { own = try find(name) }
        let bytes = try Self.read(own)
        guard !bytes.isEmpty else { throw .masked(path: own) }
        var unit = Unit(name: name, path: own)
        unit.add(UnitFile(path: own, bytes: bytes))
        for dropIn in dropIns(of: name) {
            unit.dropIns.append(dropIn)
            unit.add(UnitFile(path: dropIn, bytes: try Self.read(dropIn)))
        }
        return unit
    }

    /// Its own file, else its template's, each in the first folder that has one.
    private func find(_ name: UnitName) throws(Fault) -> String {
        for name in [name, name.template].compactMap({ $0 }) {
            for folder in paths {
                let path = "\(folder)/\(name.text)"
                if access(path, F_OK) == 0 { return path }
            }
        }
        throw .missing
    }

    /// Sorted by their file names, whichever folders they are in; of one name the first counts: one that is
    /// empty or leads to /dev/null takes the others away.
    private func dropIns(of name: UnitName) -> [String] {
        var found: [String: String] = [:]
        let folders =
            paths.flatMap { path in name.dropInFolders.map { "\(path)/\($0)" } }
            + paths.map { "\($0)/\(name.suffix).d" }
        for folder in folders {
            for file in Self.names(in: folder) where file.hasSuffix(".conf") {
                if found[file] == nil { found[file] = "\(folder)/\(file)" }
            }
        }
        let paths = found.sorted { Array($0.key.utf8).lexicographicallyPrecedes($1.key.utf8) }
        return paths.map(\.value)
    }

    /// Of what stands in a folder, sorted; nothing where it cannot be read.
    package static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
    }

    /// /dev/null has no bytes, as a masked unit.
    private static func read(_ path: String) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw .missing }
            throw .unreadable(path: path, code: errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: path, code: errno) }
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= fileBytes else { throw .tooLarge(path: path) }
        }
    }
}

extension UnitFolders.Unit {
    fileprivate mutating func add(_ file: UnitFile) {
        settings += file.settings
        complaints += file.complaints.map { (file.path, $0) }
    }

    /// The settings of a key, from the last empty one on, which takes back what was before it.
    package func all(_ section: String, _ key: String) -> [UnitFile.Setting] {
        let found = settings.filter { $0.section == section && $0.key == key }
        guard let empty = found.lastIndex(where: \.value.isEmpty) else { return found }
        return Array(found[(empty + 1)...])
    }

    /// Of a key that has one value, the last; nil where that is empty.
    package func last(_ section: String, _ key: String) -> UnitFile.Setting? {
        all(section, key).last
    }
}
