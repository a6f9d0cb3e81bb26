import Glibc

/// The reads behind `ZoneDirectory`.
enum ZoneFile {
    enum Failure: Error {
        /// No such file, or a folder.
        case missing
        case failed(String)
    }

    enum Kind { case folder, zone, other }

    /// The largest real file has some 4 kB.
    static let limitBytes = 1 << 20

    /// The bytes of a regular file.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .missing }
        guard status.st_size <= limitBytes else { throw .failed("it is above \(limitBytes) bytes") }
        return try readAll(descriptor, expected: Int(status.st_size))
    }

    private static func readAll(
        _ descriptor: CInt,
        expected: Int
    ) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: expected)
        var filled = 0
        while filled < expected {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress! + filled, expected - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno) }
            // The file became shorter: what is missing, the parser will say.
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    private static func failure(_ code: CInt) -> Failure {
        code == ENOENT || code == ENOTDIR ? .missing : .failed(String(cString: strerror(code)))
    }

    /// What a path is; a zone is a regular file that begins with `TZif`.
    static func kind(_ path: String) -> Kind {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return .other }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .other }
        if status.st_mode & S_IFMT == S_IFDIR { return .folder }
        guard status.st_mode & S_IFMT == S_IFREG else { return .other }
        var magic: [UInt8] = [0, 0, 0, 0]
        let count = magic.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, 4) }
        return count == 4 && magic.elementsEqual("TZif".utf8) ? .zone : .other
    }

    /// The names in a folder, dot-files left out; none if it cannot be read.
    static func entries(of path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// The path without links; nil where nothing is there.
    static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Where a symbolic link points, nil if the path is none.
    static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            readlink(path, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
