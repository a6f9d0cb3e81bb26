import Glibc

/// The person behind this process, passwd(5).
enum User {
    /// As the audit names them: `user@alice`, or `user@1000` where the uid has no name.
    static var name: String {
        let uid = getuid()
        return "user@\(entry(of: uid)?.name ?? String(uid))"
    }

    /// The home folder: `$HOME` if it is absolute, else the one of passwd(5), else `/`.
    static func home(_ environment: [String: String]) -> String {
        if let home = environment["HOME"], home.hasPrefix("/") { return home }
        return entry(of: getuid())?.home ?? "/"
    }

    private static func entry(of uid: uid_t) -> (name: String, home: String)? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        // Far above what any name service gives for one person.
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil,
            let name = record.pw_name, let home = record.pw_dir
        else { return nil }
        return (String(cString: name), String(cString: home))
    }
}
