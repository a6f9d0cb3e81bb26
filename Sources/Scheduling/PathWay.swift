import Glibc

/// The way from a path to what it leads to, as the kernel goes it (path_resolution(7)): the places on it at
/// which something could be put that leads elsewhere.
struct PathWay {
    struct Place: Hashable {
        let folder: String
        let name: String
        /// Whether it is what the path leads to, and there.
        let isEnd: Bool
    }

    /// Each link on the way; and its end, or the first thing that is missing.
    private(set) var places: [Place] = []
    private(set) var hasLinks = false

    /// The kernel's own limit.
    private static let linksFollowed = 40

    /// - Parameter path: absolute.
    init(_ path: String) {
        var folder = ""
        var rest = path.split(separator: "/").reversed().map(String.init)
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
                continue
            }
            var status = stat()
            let isThere = lstat(folder + "/" + name, &status) == 0
            let isLink = isThere && status.st_mode & S_IFMT == S_IFLNK
            let isEnd = isThere && !isLink && rest.isEmpty
            let place = Place(folder: folder.isEmpty ? "/" : folder, name: name, isEnd: isEnd)
            if isLink {
                hasLinks = true
                places.append(place)
                guard places.count <= Self.linksFollowed,
                    let target = Self.target(of: folder + "/" + name)
                else { return }
                if target.hasPrefix("/") { folder = "" }
                rest += target.split(separator: "/").reversed().map(String.init)
                continue
            }
            if !isThere || isEnd { places.append(place) }
            guard isThere else { return }
            folder += "/" + name
        }
    }

    private static func target(of link: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(link, $0, bytes.count) } ?? -1
        }
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// The path from the root, with its links.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        let names = path.split(separator: "/").filter { $0 != "." }
        return ([String(cString: folder)] + names.map(String.init)).joined(separator: "/")
    }
}

/// What stat(2) tells of what a path leads to: the same as long as nobody has changed it.
struct FileMark: Equatable {
    private let numbers: [Int64]
    /// Whether somebody may be writing it just now.
    let isYoung: Bool

    static func == (a: FileMark, b: FileMark) -> Bool { a.numbers == b.numbers }

    /// `nil` where it leads to nothing.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let (modified, changed) = (status.st_mtim, status.st_ctim)
        numbers = [
            Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)),
            Int64(status.st_size), Int64(modified.tv_sec), Int64(modified.tv_nsec),
            Int64(changed.tv_sec), Int64(changed.tv_nsec),
        ]
        isYoung = abs(time(nil) - modified.tv_sec) <= 2
    }
}
