import Glibc
import HostTime
import Storage

/// Tells when the host's zone data or its zone may have changed: an update of `tzdata`, a new
/// `/etc/localtime`, a zone that went away or came back.
///
/// What counts is what the files that were asked for lead to: inotify tells at once of a change of their names,
/// in whichever folder, and `hasChanged` sees whatever else, such as a folder that is a link and leads elsewhere.
final class ZoneWatch {
    private let zones: ZoneDirectory
    private let watch: FolderWatch
    private var watched: Set<String> = []
    /// What stood where when it was last looked at; `nil` = nothing.
    private var marks: [String: Mark?] = [:]

    /// What tells one file's content from another's, as good as reading it.
    private struct Mark: Equatable {
        let device: UInt
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    /// The host's own zone; of its folder little else concerns us.
    private static let hostFiles = ["/etc/localtime", "/etc/timezone"]

    init(_ zones: ZoneDirectory) throws {
        self.zones = zones
        watch = try FolderWatch()
        follow()
    }

    var descriptor: Int32 { watch.descriptor }

    private var files: Set<String> { zones.filesInUse.union(Self.hostFiles) }

    /// Watches what is in use by now.
    func follow() {
        for file in files where marks[file] == nil {
            marks[file] = .some(Self.mark(of: file))
            for folder in Self.foldersAbove(file) where !watched.contains(folder) {
                // One that is not there yet is seen to come by the folder above it.
                if (try? watch.add(folder, .departures)) != nil { watched.insert(folder) }
            }
        }
    }

    /// Whether zones are to be read again, by what the kernel tells.
    func take() -> Bool {
        let changes = watch.take()
        let names = Set(files.flatMap { $0.split(separator: "/").map(String.init) })
        guard changes.isOverflow || !changes.gone.isEmpty || !changes.names.isDisjoint(with: names)
        else { return false }
        forget(changes.gone)
        return true
    }

    /// Whether zones are to be read again, whatever the kernel has told. Costs a stat(2) for each zone in use.
    func hasChanged() -> Bool {
        let former = marks
        for file in former.keys { marks[file] = .some(Self.mark(of: file)) }
        guard former != marks else { return false }
        forget(watched)
        return true
    }

    /// The files' folders are to be watched anew, wherever they are now.
    private func forget(_ folders: Set<String>) {
        watched.subtract(folders)
        marks = [:]
    }

    /// `/usr/share/zoneinfo/Asia` and `/usr/share/zoneinfo` for a file in the former: the folder that is in
    /// use, and the one above, in which it would come and go.
    private static func foldersAbove(_ file: String) -> [String] {
        var folders: [String] = []
        var path = file[...]
        while folders.count < 2, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            path = path[..<slash]
            folders.append(String(path))
        }
        return file.hasPrefix("/etc/") ? Array(folders.prefix(1)) : folders
    }

    private static func mark(of file: String) -> Mark? {
        var status = stat()
        guard stat(file, &status) == 0 else { return nil }
        return Mark(
            device: UInt(status.st_dev),
            inode: UInt(status.st_ino),
            size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }
}
