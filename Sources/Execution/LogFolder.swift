import Glibc
import Storage

/// `logs/` of a state folder: `<run>/<task>.<attempt>.log`, or `<task>~<item>.<attempt>.log`; no
/// task's name has a `~`.
package struct LogFolder: Sendable {
    private let state: StateFolder

    package init(_ state: StateFolder) { self.state = state }

    /// What a file's name says.
    package struct Name: Sendable, Hashable {
        package let task: String
        package let item: Int
        package let attempt: Int

        var key: LogAttempt { LogAttempt(task: task, item: item, number: attempt) }

        init(_ attempt: LogAttempt) {
            self.init(task: attempt.task, item: attempt.item, attempt: attempt.number)
        }

        init(task: String, item: Int, attempt: Int) {
            self.task = task
            self.item = item
            self.attempt = attempt
        }

        var text: String {
            item == 0 ? "\(task).\(attempt).log" : "\(task)~\(item).\(attempt).log"
        }

        /// `nil` for a name that Flower would not give.
        init?(_ text: String) {
            guard text.hasSuffix(".log") else { return nil }
            let stem = text.dropLast(4)
            guard let dot = stem.lastIndex(of: "."),
                let attempt = Int(stem[stem.index(after: dot)...]), attempt >= 1
            else { return nil }
            let parts = stem[..<dot].split(separator: "~", omittingEmptySubsequences: false)
            guard let task = parts.first, !task.isEmpty, parts.count <= 2 else { return nil }
            guard let item = parts.count == 2 ? Int(parts[1]) : 0 else { return nil }
            self.init(task: String(task), item: item, attempt: attempt)
        }
    }

    package func path(run: Int64) -> String { "\(state.logsPath)/\(run)" }

    /// Relative to the state folder, which may be moved.
    func relativePath(of source: LogSource) -> String {
        "logs/\(source.run.runID)/\(name(source).text)"
    }

    func path(of source: LogSource) -> String {
        "\(path(run: source.run.runID))/\(name(source).text)"
    }

    /// Opens the file of a source to append to it, folder included; a group that shares the state
    /// folder shares its logs.
    func create(_ source: LogSource) throws(SystemFailure) -> Int32 {
        let path = path(of: source)
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK
        var descriptor = open(path, flags, 0o600)
        if descriptor < 0, errno == ENOENT {
            try makeFolder(self.path(run: source.run.runID))
            descriptor = open(path, flags, 0o600)
        }
        guard descriptor >= 0 else { throw SystemFailure("cannot open the log file \(path)") }
        // Not to wait for whoever reads a FIFO in its place; what is written waits for a slow disk as ever.
        _ = fcntl(descriptor, F_SETFL, O_APPEND)
        // The umask must not decide it.
        if isShared { fchmod(descriptor, 0o660) }
        return descriptor
    }

    private func makeFolder(_ path: String) throws(SystemFailure) {
        if mkdir(path, 0o700) != 0 {
            guard errno == EEXIST else { throw SystemFailure("cannot make the folder \(path)") }
        } else if isShared {
            chmod(path, 0o2770)
        }
    }

    private var isShared: Bool {
        var status = stat()
        return stat(state.logsPath, &status) == 0 && status.st_mode & S_ISGID != 0
    }

    private func name(_ source: LogSource) -> Name {
        Name(task: source.task, item: source.item, attempt: source.attempt)
    }
}
