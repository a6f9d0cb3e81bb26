import Glibc

/// Whether a user may carry out what a file says: the rule of cron(8), and of sshd(8) with `StrictModes`.
///
/// Root's file must be root's own, and so must every folder and link on the way to it, and none of them may
/// be written by anybody else. Of another user's only the file is looked at: it must be that user's or
/// root's, and not everybody's to write; a group may share it on purpose.
///
/// Nothing can be written to what is mounted for reading only (a ConfigMap of Kubernetes, whose folder has
/// mode 0777): its modes mean nothing.
package struct FileTrust: Sendable, Equatable {
    /// As whom it is carried out.
    package let user: uid_t

    package struct Fault: Error, Hashable {
        package let message: String
        package let hint: String
    }

    package init(user: uid_t) {
        self.user = user
    }

    /// Of this process.
    package static var own: FileTrust { FileTrust(user: geteuid()) }

    /// - Parameter path: of a file; what is not there, or is none, is for its reader to tell.
    /// - Throws: `Fault` for the first thing on the way to it that others may change.
    package func check(_ path: String) throws(Fault) {
        guard user == 0 else { return try checkFile(path) }
        let start = path.hasPrefix("/") ? "" : Self.workingFolder
        try checkAll(on: start + "/" + path)
    }

    private func checkFile(_ path: String) throws(Fault) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        guard status.st_uid == 0 || status.st_uid == user else {
            throw Fault(
                message: "is owned by \(Self.name(status.st_uid)), and \(Self.name(user)) does what"
                    + " files say that are its own or root's",
                hint: "chown it to \(Self.name(user)) or to root"
            )
        }
        guard status.st_mode & S_IWOTH == 0 || Self.isReadOnly(path) else {
            throw Fault(
                message: "may be written by everybody (mode \(Self.mode(status)))",
                hint: "chmod o-w \(path)"
            )
        }
    }

    // MARK: - Root's

    /// Goes the way that the kernel goes (path_resolution(7)): whoever may exchange a folder or a link on it
    /// can make it lead elsewhere.
    private func checkAll(on path: String) throws(Fault) {
        var folder = ""
        var isShared = try checkFolder("/")
        var rest = path.split(separator: "/").reversed().map(String.init)
        var links = 0
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                // The one above has been looked at on the way here.
                folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
                isShared = try checkFolder(folder.isEmpty ? "/" : folder)
                continue
            }
            let place = folder + "/" + name
            var status = stat()
            guard lstat(place, &status) == 0 else { return }
            if status.st_mode & S_IFMT == S_IFDIR {
                folder = place
                isShared = try checkFolder(place)
                continue
            }
            // With the sticky bit a folder of root's in it is safe; what may be linked there is not.
            if isShared { throw shared(folder) }
            guard status.st_mode & S_IFMT == S_IFLNK else { return try checkOwn(place, status) }
            links += 1
            guard links <= Self.linksFollowed, let target = Self.target(of: place) else { return }
            if target.hasPrefix("/") { folder = "" }
            rest += target.split(separator: "/").reversed().map(String.init)
        }
    }

    /// The kernel's own limit.
    private static let linksFollowed = 40

    /// - Returns: whether others may write to it, kept from each other's files by the sticky bit.
    private func checkFolder(_ path: String) throws(Fault) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        guard status.st_uid == 0 else {
            throw Fault(
                message:
                    "lies in \(path), which is owned by \(Self.name(status.st_uid)), and root does"
                    + " nothing that others may change",
                hint: "chown root \(path), move it, or run the scheduler as that user"
            )
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) != 0, !Self.isReadOnly(path) else {
            return false
        }
        if status.st_mode & S_ISVTX != 0 { return true }
        throw shared(path)
    }

    private func shared(_ folder: String) -> Fault {
        var status = stat()
        stat(folder, &status)
        return Fault(
            message: "lies in \(folder), which \(Self.writers(status)) may write to"
                + " (mode \(Self.mode(status))), and root does nothing that others may change",
            hint: "chmod go-w \(folder), or move it"
        )
    }

    private func checkOwn(_ path: String, _ status: stat) throws(Fault) {
        guard status.st_mode & S_IFMT == S_IFREG else { return }
        guard status.st_uid == 0 else {
            throw Fault(
                message:
                    "is owned by \(Self.name(status.st_uid)), and root does nothing that others"
                    + " may change",
                hint: "chown root \(path), or run the scheduler as that user"
            )
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 || Self.isReadOnly(path) else {
            throw Fault(
                message:
                    "may be written by \(Self.writers(status)) (mode \(Self.mode(status))), and root"
                    + " does nothing that others may change",
                hint: "chmod go-w \(path)"
            )
        }
    }

    // MARK: - Words

    private static func writers(_ status: stat) -> String {
        if status.st_mode & S_IWOTH != 0 { return "everybody" }
        guard let group = getgrgid(status.st_gid), let name = group.pointee.gr_name else {
            return "group \(status.st_gid)"
        }
        return "group '\(String(cString: name))'"
    }

    private static func name(_ user: uid_t) -> String {
        guard let entry = getpwuid(user), let name = entry.pointee.pw_name else {
            return "user \(user)"
        }
        return "'\(String(cString: name))'"
    }

    private static func mode(_ status: stat) -> String {
        let digits = String(status.st_mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    // MARK: - The file system

    private static func isReadOnly(_ path: String) -> Bool {
        var system = statvfs()
        return statvfs(path, &system) == 0 && system.f_flag & UInt(ST_RDONLY) != 0
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static var workingFolder: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }
}
