import Flows
import Glibc

extension VariableFile {
    /// Why a file cannot be read, or what is wrong with a line of it; never with what stands there.
    package struct Fault: Error, Hashable {
        /// From 1; 0 where the fault is the whole file's.
        package var line = 0
        package var column = 0
        package let message: String
        package var hint: String?
        package var isMissing = false
        /// Of a file that this user may not read; another may.
        package var isNotAllowed = false
    }

    /// Its variables, as the file is at this moment; none where it is missing and may be.
    ///
    /// - Parameter trust: what is looked at before it is believed; `nil` = nothing.
    /// - Throws: `Fault`.
    package func read(trust: FileTrust? = nil) throws(Fault) -> [Variable] {
        // Not blocking: a named pipe without a writer must not stop the runner.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if mayBeMissing, errno == ENOENT || errno == ENOTDIR { return [] }
            throw unreadable(errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Fault(message: "is no file")
        }
        if let trust {
            do throws(FileTrust.Fault) {
                try trust.check(path)
            } catch {
                throw Fault(message: error.message, hint: error.hint)
            }
        }
        let bytes = try contents(descriptor)
        do throws(EnvironmentFile.Fault) {
            return try EnvironmentFile.parse(bytes)
        } catch {
            throw Fault(line: error.line, column: error.column, message: error.message)
        }
    }

    private func contents(_ descriptor: Int32) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            guard count >= 0 else { throw unreadable(errno) }
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= Limit.environmentFileBytes else {
                throw Fault(message: "is longer than \(Limit.environmentFileBytes >> 10) KiB")
            }
        }
    }

    private func unreadable(_ code: Int32) -> Fault {
        var fault = Fault(message: "cannot be read: \(String(cString: strerror(code)))")
        fault.isMissing = code == ENOENT || code == ENOTDIR
        fault.isNotAllowed = code == EACCES || code == EPERM
        return fault
    }

    /// For a sentence that stands alone.
    package func sentence(of fault: Fault) -> String {
        let place = fault.line == 0 ? "the environment file \(path)" : "\(path):\(fault.line):"
        return "\(place) \(fault.message)\(fault.hint.map { "; \($0)" } ?? "")"
    }
}
