import CLinux
import Glibc
import Storage

/// The state folder's owner, modes and disk.
struct FolderCheck {
    let folder: StateFolder
    /// Whether it is the system's, which a group shares.
    let isSystem: Bool

    /// Less is too little for the database's own log.
    private static let leastBytes: UInt64 = 100 << 20
    private static let leastFiles: UInt64 = 1_000
    /// Numbers of statfs(2).
    private static let networks: [Int64: String] = [
        0x6969: "nfs", 0xFF53_4D42: "cifs", 0xFE53_4D42: "smb2", 0x517B: "smb", 0x0102_1997: "9p",
        0x00C3_6400: "ceph", 0x5346_414F: "afs",
    ]

    var findings: [DoctorFinding] {
        var status = stat()
        guard stat(folder.path, &status) == 0 else {
            if errno == EACCES { return [forbidden] }
            return [
                .note(
                    "state folder",
                    "there is no \(folder.path) yet",
                    "flower apply, or the first start of the units, makes it"
                )
            ]
        }
        guard access(folder.path, R_OK | X_OK) == 0 else { return [forbidden] }
        return [owner(status)] + [mode(status)] + files(status) + [fileSystem, space]
    }

    private var forbidden: DoctorFinding {
        .missing(
            "state folder",
            "\(folder.path) is closed to you",
            isSystem
                ? "ask root: adduser YOU flower; then log in anew" : "look at its owner and mode"
        )
    }

    private func owner(_ status: stat) -> DoctorFinding {
        let name = User.nameOf(status.st_uid) ?? String(status.st_uid)
        guard isSystem, name != "flower" else {
            return .good("state folder", "\(folder.path) of \(name)")
        }
        return .missing(
            "state folder",
            "\(folder.path) is \(name)'s: the units work as flower",
            "chown -R flower:flower \(folder.path)"
        )
    }

    private func mode(_ status: stat) -> DoctorFinding {
        let mode = status.st_mode & 0o7777
        let wanted: mode_t = status.st_mode & S_ISGID != 0 || isSystem ? 0o2770 : 0o700
        let text = String(mode, radix: 8)
        if mode == wanted { return .good("modes", "\(text), closed to others") }
        return .missing(
            "modes",
            "\(folder.path) has mode \(text)",
            "chmod \(String(wanted, radix: 8)) \(folder.path)"
        )
    }

    /// What another user has made there, root above all, locks out whose folder it is.
    private func files(_ status: stat) -> [DoctorFinding] {
        let paths = [
            folder.databasePath, folder.databasePath + "-wal", folder.databasePath + "-shm",
            folder.writeLockPath, folder.schemaLockPath, folder.schedulerLockPath,
            folder.runnersPath, folder.logsPath,
        ]
        let isShared = status.st_mode & S_ISGID != 0
        return strangers
            + paths.compactMap { path in
                var file = stat()
                guard lstat(path, &file) == 0 else { return nil }
                if !isShared, file.st_uid != status.st_uid {
                    let name = User.nameOf(file.st_uid) ?? String(file.st_uid)
                    let owner = User.nameOf(status.st_uid) ?? String(status.st_uid)
                    return .missing("modes", "\(path) is \(name)'s", "chown \(owner) \(path)")
                }
                if isShared, file.st_gid != status.st_gid {
                    return .missing(
                        "modes",
                        "\(path) is not of the folder's group",
                        "chgrp --reference=\(folder.path) \(path)"
                    )
                }
                guard file.st_mode & 0o007 != 0 else { return nil }
                return .missing("modes", "\(path) is open to others", "chmod o= \(path)")
            }
    }

    /// What is no file under the name of one.
    private var strangers: [DoctorFinding] {
        [folder.wakePath, folder.writeLockPath, folder.schemaLockPath, folder.databasePath]
            .compactMap { path in
                var file = stat()
                guard stat(path, &file) == 0, file.st_mode & S_IFMT != S_IFREG else { return nil }
                return .missing("state folder", "\(path) is no file", "rm -r \(path)")
            }
    }

    private var fileSystem: DoctorFinding {
        var kind: Int64 = 0
        guard clinux_filesystem(folder.path, &kind) == 0, let name = Self.networks[kind] else {
            return .good("file system", "local, as the database's locks ask for")
        }
        return .missing(
            "file system",
            "\(folder.path) is on a network (\(name)): SQLite's locks and log do not work there",
            "name a folder on a local disk: --state, $FLOWER_STATE"
        )
    }

    private var space: DoctorFinding {
        var status = statvfs()
        guard statvfs(folder.path, &status) == 0 else {
            return .note("disk", "its free space cannot be told", "df \(folder.path)")
        }
        let bytes = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let remedy = "flower prune --older-than 90d forgets old runs; df -h \(folder.path)"
        // A file system without a fixed number of files says 0 of 0.
        if status.f_files > 0, status.f_favail < Self.leastFiles {
            return .missing("disk", "it has room for \(status.f_favail) files", remedy)
        }
        let text = "\(bytes >> 20) MiB free"
        return bytes < Self.leastBytes ? .missing("disk", text, remedy) : .good("disk", text)
    }
}
