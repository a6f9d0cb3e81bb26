import Glibc

/// Standard output or error: written whole and at once, past stdio, so that nothing is left in a
/// buffer.
///
/// SIGPIPE is ignored, because a runner must outlive its reader; so a reader that went away
/// (`flower runs | head`) shows as EPIPE here.
final class Output: Sendable {
    let descriptor: Int32

    static let standard = Output(descriptor: STDOUT_FILENO)
    static let errors = Output(descriptor: STDERR_FILENO)

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Whether somebody reads it who may pause: at a terminal, or behind a pipe.
    var mayPause: Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        switch status.st_mode & S_IFMT {
        case S_IFIFO, S_IFSOCK: return true
        case S_IFCHR: return isatty(descriptor) == 1
        default: return false
        }
    }

    /// The reader has gone: stop, quietly. It has seen all that it wanted.
    struct ReaderGone: Error {}

    /// - Throws: `ReaderGone`, or `Failure` (exit 74) where the output cannot be written, as on a
    ///   full disk.
    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(
                descriptor,
                UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                rest.count
            )
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilWritable()
            case EPIPE: throw ReaderGone()
            default:
                let reason = String(cString: strerror(errno))
                throw Failure(.unusable, "cannot write the output: \(reason)")
            }
        }
    }

    /// Somebody else's terminal or pipe may be set non-blocking.
    private func waitUntilWritable() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&entry, 1, -1)
    }

    /// Opens `/dev/null` in place of each standard descriptor that is closed (`flower runs >&-`):
    /// else the next file opened, perhaps the database, would become standard output.
    static func keepStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // open(2) gives the lowest free descriptor, which is this one.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
