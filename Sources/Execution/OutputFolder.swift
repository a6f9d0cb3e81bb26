import Flows
import Glibc
import Storage

/// `outputs/` of a state folder: what tasks write to `$FLOWER_OUTPUT`, a file an attempt, until the
/// database has it.
///
/// The file is the task's to make, so that one without outputs costs a name and no file. It outlives its
/// runner: a rescue that knows the attempt's end reads it as the runner would have (promise 2). It goes
/// when what it held is recorded.
package struct OutputFolder: Sendable {
    /// Absolute: tasks work in other folders.
    private let path: String
    /// In the files' names: a restored database counts its tasks anew under another instance.
    private let instance: String

    package init(_ folder: StateFolder, instance: String) {
        var state = folder.path
        if let resolved = realpath(folder.path, nil) {
            state = String(cString: resolved)
            free(resolved)
        }
        path = state + "/outputs"
        self.instance = instance
    }

    /// Makes the folder where it is missing, as `StateFolder.create` makes the others.
    func make(like other: String) {
        guard mkdir(path, 0o700) == 0 else { return }
        var status = stat()
        guard stat(other, &status) == 0, status.st_mode & S_ISGID != 0 else { return }
        chmod(path, 0o2770)
    }

    func path(of claim: Claim) -> String { path(claim.taskID, claim.attempt) }

    /// Adds to the end of an attempt what it wrote, however it ended; one whose outputs cannot be taken has
    /// failed.
    ///
    /// - Parameter mask: what may stand in them and in no sentence about them.
    func take(for end: inout AttemptEnd, _ mask: Mask) {
        if case .notStarted = end.outcome { return }
        let path = path(of: end.start.claim)
        do throws(OutputText.Fault) {
            guard var bytes = try Self.contents(path) else { return }
            if !end.outcome.isExit {
                // It was ended, maybe in the midst of a line.
                let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
                bytes.removeSubrange(whole...)
            }
            end.outputs = try OutputText.parse(bytes, hiding: mask.applied(to:))
            if !end.outputs.isEmpty { end.secrets = mask.texts }
            // What holds something goes with the commit.
            if end.outputs.isEmpty { unlink(path) }
        } catch {
            let reason = mask.applied(to: error.description)
            if end.outcome.isSuccess {
                end.outcome = .refused(reason: reason)
            } else {
                end.note = [end.note, reason].compactMap { $0 }.joined(separator: "; ")
            }
            unlink(path)
        }
    }

    /// Keeps a component's, so that they outlive the runner as a process's do.
    ///
    /// - Throws: `SystemFailure` where they cannot be written.
    func keep(_ outputs: [Variable], of claim: Claim) throws(SystemFailure) {
        try Self.write(outputs, to: path(of: claim))
    }

    static func write(_ outputs: [Variable], to path: String) throws(SystemFailure) {
        let flags =
            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw SystemFailure("cannot open \(path)") }
        defer { close(descriptor) }
        let bytes = Array(OutputText.format(outputs).utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw SystemFailure("cannot write \(path)")
        }
    }

    /// The database has these ends.
    func remove(of ended: [AttemptEnd]) {
        for end in ended where !end.outputs.isEmpty { unlink(path(of: end.start.claim)) }
    }

    /// Removes what runners that died between a commit and this left.
    ///
    /// - Returns: how many files went.
    @discardableResult
    package func sweep(_ store: Store) -> Int {
        orphans(store).count { unlink("\(path)/\($0)") == 0 }
    }

    /// Names of what was written for attempts that are over, or under another instance. A task may have
    /// left its drafts beside its file, with its name before theirs.
    package func orphans(_ store: Store) -> [String] {
        names.filter { name in
            let parts = name.split { $0 == "-" || $0 == "." }
            guard Self.isOwn(name), let task = Int64(parts[1]), let attempt = Int(parts[2]) else {
                return false
            }
            // Where the database cannot be asked, the next sweep asks it.
            return parts[0] != instance || (try? store.hasEnded(task, attempt)) == true
        }
    }

    /// Names that Flower would not give.
    package var strangers: [String] { names.filter { !Self.isOwn($0) } }

    private var names: [String] { folderNames(path).sorted() }

    private static func isOwn(_ name: String) -> Bool {
        let parts = name.split { $0 == "-" || $0 == "." }
        return parts.count >= 3 && parts[0].count == 8 && Int64(parts[1]) != nil
            && Int(parts[2]) != nil
    }

    private func path(_ task: Int64, _ attempt: Int) -> String {
        "\(path)/\(instance)-\(task).\(attempt)"
    }

    /// `nil` where there is no such file.
    private static func contents(_ path: String) throws(OutputText.Fault) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
        if descriptor < 0, errno == ENOENT { return nil }
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG
        else {
            if descriptor >= 0 { close(descriptor) }
            throw OutputText.Fault(
                line: 0,
                message: "is no file that can be read",
                hint: "write to it, and let it stay the file that it is"
            )
        }
        defer { close(descriptor) }
        // One more than may be, so that what is too long is seen to be.
        var bytes = [UInt8](repeating: 0, count: Limit.outputBytesPerTask + 1)
        var count = 0
        while count < bytes.count {
            let taken = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            guard taken > 0 else { break }
            count += taken
        }
        return Array(bytes.prefix(count))
    }
}

extension Outcome {
    /// Whether it came to its end by itself.
    fileprivate var isExit: Bool { if case .exited = self { true } else { false } }
}
