import Glibc

/// Keeps what is printed from within a read of the database until that is over.
///
/// The reader of a pipe may pause for as long as it likes (`| less`). Were it waited for, its snapshot of the
/// database would stay, and the WAL grow behind it. A file never pauses, and is written at once.
final class Spool {
    private let output: Output
    private var kept: [UInt8] = []
    /// What has not found room in `kept`; it has no name.
    private var file: Int32 = -1
    private var isDirect: Bool

    private static let memoryBytes = 1 << 20

    init(_ output: Output) {
        self.output = output
        isDirect = !output.mayPause
    }

    deinit { if file >= 0 { close(file) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        if isDirect { return try output.write(bytes) }
        kept += bytes
        guard kept.count >= Self.memoryBytes else { return }
        // Where there is no room in /tmp the reader is waited for after all.
        if makeFile(), kept.withUnsafeBytes({ Self.write($0, to: file) }) {
            kept.removeAll(keepingCapacity: true)
        } else {
            try finish()
            isDirect = true
        }
    }

    /// Prints what is kept.
    func finish() throws {
        if file >= 0 { try copyFile() }
        try kept.withUnsafeBytes { try output.write($0) }
        kept = []
    }

    private func makeFile() -> Bool {
        if file >= 0 { return true }
        // Nobody else starts a process meanwhile, who would inherit it.
        var template = Array("/tmp/flower-XXXXXX".utf8CString)
        file = mkstemp(&template)
        return file >= 0 && unlink(template) == 0
    }

    private func copyFile() throws {
        var block = [UInt8](repeating: 0, count: 256 << 10)
        var offset: off_t = 0
        while true {
            let count = pread(file, &block, block.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            offset += off_t(count)
            try block.withUnsafeBytes {
                try output.write(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
        close(file)
        file = -1
    }

    /// All of it, or what the file had before.
    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
        let end = lseek(file, 0, SEEK_END)
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(file, part.baseAddress, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                _ = ftruncate(file, end)
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
