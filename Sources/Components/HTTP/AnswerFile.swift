import Glibc

/// A file that an answer goes to. Who reads its path sees the former file, or the whole new one: it is written beside
/// it and then takes its name; what was begun and not kept is removed.
final class AnswerFile {
    private let path: String
    private let partial: String
    private let descriptor: Int32
    private var count: Int64 = 0
    private var isKept = false

    init(_ path: String) throws(HTTPFailure) {
        self.path = path
        let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        partial = "\(folder)/.flower-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        // The rights of a new file: umask(2) is the whole process's, and cannot be asked for without a change.
        descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw HTTPFailure("save \(path): \(HTTPExchange.words(errno))")
        }
    }

    deinit {
        close(descriptor)
        if !isKept { unlink(partial) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(
                descriptor,
                UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                rest.count
            )
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else { throw failure }
            rest = rest.dropFirst(written)
            count += Int64(written)
        }
    }

    /// Gives it its name.
    ///
    /// - Returns: its bytes.
    func keep() throws(HTTPFailure) -> Int64 {
        guard fsync(descriptor) == 0, rename(partial, path) == 0 else { throw failure }
        isKept = true
        return count
    }

    private var failure: HTTPFailure { HTTPFailure("save \(path): \(HTTPExchange.words(errno))") }
}
