import Flows
import Glibc
import Storage

extension VariableFile {
    /// Its variables, as the file is at this moment, read by the user as whom tasks run.
    ///
    /// - Throws: `TaskWorld.Fault` that names the file, and for a line the line.
    func read() throws(TaskWorld.Fault) -> [Variable] {
        // Not blocking: a named pipe without a writer must not stop the runner.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if mayBeMissing, errno == ENOENT || errno == ENOTDIR { return [] }
            throw fault("cannot read the environment file \(path): \(systemMessage(errno))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw fault("the environment file \(path) is no file")
        }
        let bytes = try contents(descriptor)
        do throws(EnvironmentFile.Fault) {
            return try EnvironmentFile.parse(bytes)
        } catch {
            throw fault("\(path):\(error.line): \(error.message)")
        }
    }

    private func contents(_ descriptor: Int32) throws(TaskWorld.Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            guard count >= 0 else {
                throw fault("cannot read the environment file \(path): \(systemMessage(errno))")
            }
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= Limit.environmentFileBytes else {
                let limit = Limit.environmentFileBytes >> 10
                throw fault("the environment file \(path) is longer than \(limit) KiB")
            }
        }
    }

    private func fault(_ message: String) -> TaskWorld.Fault { TaskWorld.Fault(message: message) }
}
