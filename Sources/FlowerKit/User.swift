import Glibc

/// The person behind this process, passwd(5).
enum User {
    /// As the audit names them: `user@alice`, or `user@1000` where the uid has no name.
    static func name(of uid: uid_t) -> String {
        "user@\(nameOf(uid) ?? String(uid))"
    }

    static func nameOf(_ uid: uid_t) -> String? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        // Far above what any name service gives for one person.
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil,
            let name = record.pw_name
        else { return nil }
        return String(cString: name)
    }
}
