import Glibc

/// Where Flower keeps what it knows: `flower.db`, `wake`, `write.lock`, `schema.lock`, `scheduler.lock`,
/// `runners/`, `logs/`, `outputs/`.
package struct StateFolder: Sendable, Hashable {
    /// Absolute or relative to the working directory, as given.
    package let path: String

    package init(path: String) {
        self.path = path
    }

    package var databasePath: String { "\(path)/flower.db" }
    package var walPath: String { "\(path)/flower.db-wal" }
    package var wakeName: String { "wake" }
    package var wakePath: String { "\(path)/\(wakeName)" }
    package var writeLockPath: String { "\(path)/write.lock" }
    package var schemaLockPath: String { "\(path)/schema.lock" }
    package var runnersPath: String { "\(path)/runners" }
    package var logsPath: String { "\(path)/logs" }

    /// Root's folder, shared by the members of group `flower`.
    package static let systemPath = "/var/lib/flower"

    /// Which folder: the first of `--state`, `--system` or `--user`, `$FLOWER_STATE`,
    /// `$STATE_DIRECTORY` (systemd.exec(5)), else root's or the user's own.
    package static func locate(
        explicit: String?,
        system: Bool = false,
        user: Bool = false,
        environment: [String: String],
        isRoot: Bool
    ) -> StateFolder {
        if let explicit { return StateFolder(path: explicit) }
        if !system, !user {
            if let path = environment["FLOWER_STATE"], !path.isEmpty {
                return StateFolder(path: path)
            }
            // A unit with several StateDirectory= gets them separated by colons; ours is the first.
            if let path = environment["STATE_DIRECTORY"]?.split(separator: ":").first {
                return StateFolder(path: String(path))
            }
        }
        if system || (isRoot && !user) { return StateFolder(path: systemPath) }
        return StateFolder(path: userPath(environment))
    }

    /// XDG Base Directory Specification: a relative `$XDG_STATE_HOME` is to be ignored.
    private static func userPath(_ environment: [String: String]) -> String {
        if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") { return "\(base)/flower" }
        return "\(home(environment))/.local/state/flower"
    }

    /// `$HOME`, or where that names no place of its own, what passwd(5) says.
    private static func home(_ environment: [String: String]) -> String {
        if let home = environment["HOME"], home.hasPrefix("/") { return home }
        guard let entry = getpwuid(geteuid()), let home = entry.pointee.pw_dir else { return "" }
        return String(cString: home)
    }

    /// Whether this process works in it as root, and does not become somebody else: see `becomeOwner`.
    package var isRoots: Bool {
        var status = stat()
        return geteuid() == 0 && (stat(path, &status) != 0 || status.st_uid == 0)
    }

    /// Whether there is a database; a command that only reads makes none. `errno` says why not.
    package var exists: Bool { access(databasePath, F_OK) == 0 }

    /// Makes the folder and its parts where missing. Safe to call from several processes at once.
    ///
    /// A user's own folder is 0700. The system's is 2770, so that files made in it belong to its group.
    ///
    /// - Throws: `StorageError.cannotCreate`, `.notAllowed`.
    package func create() throws {
        try makeFolder(path, withParents: true)
        try createParts()
    }

    /// Makes what is missing beside the database: one that was restored stands alone.
    ///
    /// - Throws: as `create`.
    func createParts() throws {
        try makeFolder(runnersPath)
        try makeFolder(logsPath)
    }

    /// Becomes the folder's owner where root works in somebody else's: root's files would lock them out.
    ///
    /// - Throws: `StorageError.notAllowed` if the kernel refuses.
    func becomeOwner() throws {
        var status = stat()
        guard geteuid() == 0, stat(path, &status) == 0, status.st_uid != 0 else { return }
        // Of root, setgid(2) and setuid(2) set the saved ids too: there is no way back.
        let isDone =
            setgroups(0, nil) == 0 && setgid(status.st_gid) == 0 && setuid(status.st_uid) == 0
        guard isDone else {
            throw StorageError(
                .notAllowed,
                "cannot become the owner of \(path) (uid \(status.st_uid)): \(systemMessage())"
            )
        }
    }

    /// open(2) for a file of this folder, made where it is missing, with `fileMode` whatever the umask.
    ///
    /// A FIFO of that name is not waited for: it cannot be opened for writing (ENXIO).
    func openFile(_ path: String, _ flags: Int32) -> Int32 {
        let mode = fileMode
        let descriptor = open(path, flags | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode)
        var status = stat()
        if descriptor >= 0, fstat(descriptor, &status) == 0, status.st_uid == geteuid(),
            status.st_mode & 0o777 != mode
        {
            _ = fchmod(descriptor, mode)
        }
        return descriptor
    }

    /// 0660 in a folder that a group shares, else 0600.
    var fileMode: mode_t {
        var status = stat()
        let isShared = stat(path, &status) == 0 && status.st_mode & S_ISGID != 0
        return isShared ? 0o660 : 0o600
    }

    /// What is needed is a file: no pipe or device of its name, which nothing can be kept in.
    ///
    /// - Throws: `StorageError.cannotCreate`.
    static func checkPlain(_ descriptor: Int32, _ path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        throw StorageError(
            .cannotCreate,
            "\(path) is in the way: a file is needed there, and it is none",
            hint: "move it away, or name another state folder with --state"
        )
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func makeFolder(_ folder: String, withParents: Bool = false) throws {
        let mode: mode_t = path == Self.systemPath || fileMode == 0o660 ? 0o2770 : 0o700
        if mkdir(folder, mode) == 0 {
            // The umask must not decide who may work here; setgid is lost in mkdir(2) without this.
            _ = chmod(folder, mode)
            return
        }
        switch errno {
        case EEXIST:
            if Self.isFolder(folder) { return }
            throw StorageError(
                .cannotCreate,
                "\(folder) is in the way: a folder is needed there",
                hint: "move it away, or name another state folder with --state"
            )
        case ENOENT where withParents:
            guard let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else { break }
            try Self.makeParents(String(folder[..<slash]))
            return try makeFolder(folder)
        default: break
        }
        throw StorageError(
            errno == EACCES || errno == EPERM ? .notAllowed : .cannotCreate,
            "cannot make the state folder \(folder): \(systemMessage())",
            hint: "name another with --state, or $FLOWER_STATE"
        )
    }

    /// Parents are nobody's secret: the usual 0777 less the umask, as mkdir -p(1) does.
    private static func makeParents(_ folder: String) throws {
        if folder.isEmpty || mkdir(folder, 0o777) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            try makeParents(String(folder[..<slash]))
            if mkdir(folder, 0o777) == 0 || errno == EEXIST { return }
        }
        throw StorageError(
            errno == EACCES || errno == EPERM ? .notAllowed : .cannotCreate,
            "cannot make \(folder): \(systemMessage())",
            hint: "name another state folder with --state, or $FLOWER_STATE"
        )
    }
}

/// strerror(3) of the present `errno`.
func systemMessage(_ code: Int32 = errno) -> String {
    String(cString: strerror(code))
}
