import Flows
import Glibc

/// Reads files and lists folders without ever blocking on what is no file and without following
/// what grows: the one door from this module to the file system.
package enum FileReader {
    /// A file that a command was given and cannot read.
    package struct InputFault: Error {
        package let message: String
        package let hint: String?
        /// There is nothing at its path, as far as can be seen.
        package let isMissing: Bool
    }

    struct Fault: Error, Hashable {
        let message: String
        let hint: String?
    }

    /// The bytes of the regular file at `path`, at most `Limit.fileBytes` of them.
    ///
    /// - Throws: `Fault` for what is missing, unreadable, too large, no regular file, or changing.
    static func contents(of path: String) throws(Fault) -> [UInt8] {
        // Asked before opening too: opening a device can have effects (a tape rewinds, st(4)).
        var status = stat()
        guard stat(path, &status) == 0 else { throw missing(path, errno) }
        try checkIsRegular(status)
        // Without O_NONBLOCK, open(2) waits for a writer if a FIFO has taken the file's place.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw missing(path, errno) }
        defer { close(descriptor) }
        guard fstat(descriptor, &status) == 0 else { throw unreadable(errno) }
        try checkIsRegular(status)
        return try contents(of: descriptor, opened: status)
    }

    /// - Parameter opened: what fstat(2) said after opening; the file must still be so at the end.
    static func contents(of descriptor: Int32, opened: stat) throws(Fault) -> [UInt8] {
        guard opened.st_size <= Limit.fileBytes else { throw tooLarge(Int(opened.st_size)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(opened.st_size) + 1)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(errno) }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= Limit.fileBytes else { throw tooLarge(nil) }
        }
        var now = stat()
        guard fstat(descriptor, &now) == 0 else { throw unreadable(errno) }
        let isSame =
            now.st_size == opened.st_size && bytes.count == opened.st_size
            && now.st_mtim.tv_sec == opened.st_mtim.tv_sec
            && now.st_mtim.tv_nsec == opened.st_mtim.tv_nsec
        guard isSame else {
            // Half a flow could be a valid one with fewer tasks.
            throw Fault(message: "changed while it was read", hint: "try again once it is written")
        }
        return bytes
    }

    /// The bytes of a file, or the sentence and the hint with which a command refuses it.
    package static func input(_ path: String) -> Result<[UInt8], InputFault> {
        do throws(Fault) {
            return .success(try contents(of: path))
        } catch {
            var status = stat()
            return .failure(
                InputFault(
                    message: error.message,
                    hint: error.hint,
                    isMissing: stat(path, &status) != 0
                )
            )
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, sorted by their bytes, `.` and `..` left out.
    static func names(inFolder path: String) throws(Fault) -> [String] {
        guard let folder = opendir(path) else { throw missing(path, errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        if errno != 0 { throw unreadable(errno) }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// The absolute path without links, or `path` itself where there is nothing.
    static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func checkIsRegular(_ status: stat) throws(Fault) {
        let kind: String
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: kind = "a folder"
        case S_IFIFO: kind = "a pipe"
        case S_IFSOCK: kind = "a socket"
        case S_IFCHR, S_IFBLK: kind = "a device"
        default: kind = "something else"
        }
        let isPipe = status.st_mode & S_IFMT == S_IFIFO
        throw Fault(
            message: "is \(kind), not a file",
            hint: isPipe ? "write what comes out of it to a file, and name that" : nil
        )
    }

    private static func missing(_ path: String, _ error: Int32) -> Fault {
        var status = stat()
        if path.isEmpty {
            return Fault(message: "the path is empty", hint: "write a file's name")
        }
        if error == ENOENT, lstat(path, &status) == 0 {
            return Fault(
                message: "is a link to a file that does not exist",
                hint: "ls -l shows where it leads"
            )
        }
        if error == ENOENT, path == "-" {
            let hint = "standard input is not read: crontab -l > FILE, and name that"
            return Fault(message: "there is no such file or folder", hint: hint)
        }
        if error == ENOENT {
            return Fault(message: "there is no such file or folder", hint: whatIsThere(path))
        }
        if error == ELOOP {
            return Fault(
                message: "is a link that leads back to itself",
                hint: "ls -l shows where it leads"
            )
        }
        return unreadable(error)
    }

    /// What is named much like what is missing, else how far the path leads.
    private static func whatIsThere(_ path: String) -> String? {
        var names = path.split(separator: "/")[...]
        let root = path.hasPrefix("/") ? "/" : ""
        guard let name = names.popLast() else { return nil }
        // A folder that is closed has nothing to offer.
        let folder = root + names.joined(separator: "/")
        if let found = try? Self.names(inFolder: folder.isEmpty ? "." : folder) {
            if let near = nearest(to: String(name), among: found) {
                let before = path.dropLast(path.hasSuffix("/") ? 1 : 0).dropLast(name.count)
                return "did you mean '\(before)\(near)'?"
            }
            return "look at what is there: ls \(resolved(folder.isEmpty ? "." : folder))"
        }
        while let last = names.popLast() {
            let above = root + names.joined(separator: "/")
            guard isFolder(above.isEmpty ? "." : above) else { continue }
            return "there is no folder '\(last)' in \(resolved(above.isEmpty ? "." : above))"
        }
        return nil
    }

    private static func unreadable(_ error: Int32) -> Fault {
        let hint: String? =
            switch error {
            case EACCES, EPERM: "look at its permissions and its folders'"
            case ENOTDIR: "a part of the path is a file, not a folder"
            default: nil
            }
        return Fault(message: "cannot be read: \(String(cString: strerror(error)))", hint: hint)
    }

    private static func tooLarge(_ size: Int?) -> Fault {
        let limit =
            "a file has at most \(Limit.fileBytes >> 20) MiB (\(Limit.fileBytes) bytes)"
        return Fault(message: size.map { "\(limit), this has \($0)" } ?? limit, hint: nil)
    }
}
