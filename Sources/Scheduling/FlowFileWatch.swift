import FlowFiles
import Glibc
import Storage

/// Tells which files of a folder may say something else than when they were read.
///
/// At once where the kernel tells (inotify(7)): of the folder, of whatever a link on the way to a file or to what
/// it refers to lies in, and of where that leads. And whenever it is asked, by a stat(2) of each: what lies on a
/// network, or is mounted over, nobody tells of.
final class FlowFileWatch {
    enum Change {
        case nothing
        /// Files by their names in the folder; besides those that are refused.
        case names(Set<String>)
        case everything

        func and(_ other: Change) -> Change {
            switch (self, other) {
            case (.everything, _), (_, .everything): .everything
            case (.nothing, let change), (let change, .nothing): change
            case (.names(let some), .names(let others)): .names(some.union(others))
            }
        }
    }

    private let folder: String
    private let watch: FolderWatch
    /// Which files of the folder each name is of some weight for.
    private var files: [String: Set<String>] = [:]
    /// Names on the way to the folder itself.
    private var way: Set<String> = []
    /// How each path was when it was read.
    private var marks: [String: FileMark?] = [:]
    /// Which files of the folder each other path is a part of.
    private var parts: [String: Set<String>] = [:]
    private var folderMark: FileMark?

    init(_ folder: String) throws {
        self.folder = folder
        watch = try FolderWatch()
    }

    var descriptor: Int32 { watch.descriptor }

    /// Watches the folder, before anything in it is looked at.
    ///
    /// - Throws: `StorageError.notFound` where there is none, else `.unusable`; it is told when that may have changed.
    func begin() throws {
        // That it goes, it tells itself.
        let places = PathWay(folder).places.filter { !$0.isEnd }
        way = Set(places.map(\.name))
        // Where it cannot be watched, a look in a minute is still there.
        for place in places { try? watch.add(place.folder, .changes) }
        folderMark = FileMark(folder)
        try watch.add(folder, .changes)
    }

    /// What the kernel has told since the last call.
    ///
    /// - Parameter refused: names of files. What they lack is not known: anything may be what mends them.
    func take(refused: Set<String>) -> Change {
        let changes = watch.take()
        guard !changes.isOverflow, changes.gone.isEmpty, way.isDisjoint(with: changes.names)
        else { return .everything }
        // A file that was only made is not whole yet; its closing is told. A link is whole.
        let arrived = changes.names.filter { name in
            !changes.created.contains(name) || Self.isWhole("\(folder)/\(name)")
        }
        let names = arrived.filter(FlowFileLoader.isFlowFile)
            .union(arrived.flatMap { files[$0] ?? [] })
        // While it is written, a file's mode may be changed: of those that are good it says nothing.
        let isMended = changes.touched.contains { files[$0]?.isDisjoint(with: refused) == false }
        let isAny = !names.isEmpty || isMended || !arrived.isEmpty && !refused.isEmpty
        return isAny ? .names(names) : .nothing
    }

    private static func isWhole(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return true }
        return status.st_mode & S_IFMT == S_IFLNK || status.st_nlink > 1
    }

    /// What has changed since it was read, whether the kernel has told it or not; what was written just now is left
    /// for the next time.
    ///
    /// - Returns: also whether there is any such.
    func sweep() -> (change: Change, hasYoung: Bool) {
        var changed: Set<String> = []
        if FileMark(folder) != folderMark {
            let found = Set(FlowFileLoader.files(at: folder).found)
            changed = found.symmetricDifference(marks.keys.filter { parts[$0] == nil })
        }
        changed.formUnion(marks.filter { FileMark($0.key) != $0.value }.keys)
        let whole = changed.filter { FileMark($0)?.isYoung != true }
        let names = Set(whole.flatMap { parts[$0] ?? [Path.name(of: $0)] })
        return (names.isEmpty ? .nothing : .names(names), whole.count < changed.count)
    }

    /// Takes note of what files were made of before they were read.
    func willRead(_ paths: [String]) -> [String: FileMark?] {
        Dictionary(uniqueKeysWithValues: paths.map { ($0, FileMark($0)) })
    }

    /// Watches what the files lead to and are made of.
    ///
    /// - Parameters:
    ///   - all: of the folder.
    ///   - before: of those of them that have been read just now, how they were.
    func didRead(_ all: some Collection<SourceFile>, _ before: [String: FileMark?]) {
        files = [:]
        parts = [:]
        var present: Set<String> = []
        for file in all {
            let name = Path.name(of: file.path)
            present.insert(file.path)
            if let mark = before[file.path] { marks[file.path] = mark }
            follow(file.path, of: name)
            for path in file.dependencies where path != file.path {
                present.insert(path)
                parts[path, default: []].insert(name)
                if before[file.path] != nil || marks[path] == nil { marks[path] = FileMark(path) }
                follow(path, of: name)
            }
        }
        marks = marks.filter { present.contains($0.key) }
    }

    private func follow(_ path: String, of file: String) {
        var status = stat()
        if path == "\(folder)/\(file)", lstat(path, &status) == 0,
            status.st_mode & S_IFMT == S_IFREG
        {
            // As nearly all do, it lies in the folder.
            files[file, default: []].insert(file)
            return
        }
        for place in PathWay(path).places {
            files[place.name, default: []].insert(file)
            if place.folder != folder { try? watch.add(place.folder, .changes) }
        }
    }

    private enum Path {
        static func name(of path: String) -> String {
            path.split(separator: "/").last.map(String.init) ?? path
        }
    }
}
