import Glibc

/// Why a program could not be started, in words a person can act on.
package struct LaunchFault: Error, Sendable, Equatable {
    package let reason: String
    /// Whether the system has no room for a further process now: that is no fault of the task, which waits until
    /// another ends, as with a shell.
    var isScarcity = false

    /// The runner's file could not be written. That is no fault of the task: the claim goes back.
    static let unrecorded = LaunchFault("its launch could not be recorded")

    init(_ reason: String) { self.reason = reason }

    /// What the kernel meant by `code`: it has one number for a missing program, a missing
    /// interpreter and a missing working directory, so what is there is looked at.
    init(spawning program: String, in directory: String, code: Int32) {
        isScarcity = [EAGAIN, EMFILE, ENFILE, ENOMEM].contains(code)
        if let fault = Self.faultOfDirectory(directory) {
            reason = fault
            return
        }
        let path = absolute(program, in: directory)
        switch code {
        case ENOENT: reason = Self.missing(path)
        case EACCES, EPERM: reason = Self.notExecutable(path)
        case ENOEXEC:
            reason =
                "\(path) is no program: it needs a first line such as #!/bin/sh, or to be built for"
                + " this machine"
        case ENOTDIR: reason = "\(path) leads through a file that is no folder"
        case ELOOP: reason = "\(path) is a symbolic link that leads back to itself"
        case E2BIG:
            reason =
                "arguments and environment are longer than the system allows (execve(2), E2BIG)"
        case EAGAIN:
            reason = "no further process is allowed: see ulimit -u, and TasksMax= of the unit"
        case EMFILE:
            reason = "this runner has too many open files: raise ulimit -n, or use fewer workers"
        case ENFILE: reason = "the system has too many open files (sysctl fs.file-max)"
        case ENOMEM: reason = "there is not enough memory for a further process"
        case ETXTBSY: reason = "\(path) is open for writing by another process"
        default: reason = "\(path) could not be started: \(systemMessage(code))"
        }
    }

    /// A program that no folder of the PATH holds.
    init(program: String, notIn path: String) {
        reason = "no program '\(program)' in \(path)"
    }

    private static func faultOfDirectory(_ directory: String) -> String? {
        var status = stat()
        guard stat(directory, &status) == 0 else {
            return errno == ENOENT
                ? "the working directory \(directory) does not exist"
                : "cannot enter the working directory \(directory): \(systemMessage(errno))"
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return "the working directory \(directory) is no folder"
        }
        return access(directory, X_OK) == 0
            ? nil : "cannot enter the working directory \(directory): \(systemMessage(errno))"
    }

    private static func missing(_ path: String) -> String {
        guard access(path, F_OK) == 0 else { return "\(path) does not exist" }
        guard let interpreter = interpreter(of: path) else {
            return "\(path) needs a loader or library that does not exist (see ldd \(path))"
        }
        return
            "\(path) names the interpreter '\(interpreter)' in its first line, which does not exist"
    }

    private static func notExecutable(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return "cannot reach \(path): \(systemMessage(errno))"
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return "\(path) is a folder, not a program"
        case S_IFREG where status.st_mode & 0o111 == 0:
            return "\(path) is not executable: chmod +x \(path)"
        case S_IFREG:
            if let interpreter = interpreter(of: path), access(interpreter, X_OK) != 0 {
                return "\(path) names the interpreter '\(interpreter)' in its first line, which is"
                    + " not executable"
            }
            return "\(path) may not be executed by this user, or its file system is mounted noexec"
        default: return "\(path) is no program"
        }
    }

    /// The program of a `#!` line; `nil` where there is none.
    private static func interpreter(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // The kernel looks at no more (execve(2)).
        var head = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &head, head.count)
        guard count > 2, head[0] == UInt8(ascii: "#"), head[1] == UInt8(ascii: "!") else {
            return nil
        }
        let line = head[2..<count].prefix { $0 != 10 }
        let word = line.drop { $0 == 32 || $0 == 9 }.prefix { $0 != 32 && $0 != 9 }
        // A file written on Windows: the name then ends in an invisible carriage return.
        let name = String(decoding: word, as: UTF8.self)
        return name.hasSuffix("\r") ? name.dropLast() + "\\r" : name
    }
}

/// Where a program is, before it is started.
enum Program {
    /// As execvp(3) looks for it, but in the task's PATH, not in ours. What the exec itself will find,
    /// that it is no program after all, is told by the attempt's end.
    ///
    /// A name with a slash is taken from the working directory, which the new process has entered
    /// by then.
    static func find(
        _ name: String,
        path: String,
        directory: String
    ) throws(LaunchFault) -> String {
        guard !name.isEmpty else { throw LaunchFault("the program's name is empty") }
        if name.utf8.contains(UInt8(ascii: "/")) {
            guard access(absolute(name, in: directory), X_OK) == 0 else {
                throw LaunchFault(spawning: name, in: directory, code: errno)
            }
            return name
        }
        var notExecutable: String?
        for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
            // An empty entry is the working directory.
            let candidate = folder.isEmpty ? "./\(name)" : "\(folder)/\(name)"
            let place = absolute(candidate, in: directory)
            if access(place, X_OK) == 0 {
                // A folder may be entered, which access calls executable too.
                if !isFolder(place) { return candidate }
            } else if errno == EACCES {
                notExecutable = notExecutable ?? candidate
            }
        }
        if let notExecutable { return notExecutable }
        throw LaunchFault(program: name, notIn: path)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

/// `path` as it is seen from `directory`.
private func absolute(_ path: String, in directory: String) -> String {
    path.hasPrefix("/") ? path : "\(directory)/\(path)"
}
