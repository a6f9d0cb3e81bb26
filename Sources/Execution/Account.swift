import Flows
import Glibc
import Storage

/// The user as whom tasks run: what login(1) and cron(8) tell a process about itself.
package struct Account: Sendable, Equatable {
    package let name: String
    package let home: String

    package init(name: String, home: String) {
        self.name = name
        self.home = home
    }

    /// The effective user of this process.
    package static var current: Account { Account(uid: geteuid()) }

    /// A user without an entry in passwd(5) has its number for a name and `/` for a home.
    package init(uid: uid_t) {
        let known = Self.find { getpwuid_r(uid, $0, $1, $2, $3) }
        self = known ?? Account(name: String(uid), home: "/")
    }

    /// `nil` where this host has no user of this name.
    package init?(named name: String) {
        guard let known = Self.find({ getpwnam_r(name, $0, $1, $2, $3) }) else { return nil }
        self = known
    }

    private typealias Question = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func find(_ question: Question) -> Account? {
        // Far above what any name service gives for one person.
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        guard question(&entry, &buffer, buffer.count, &found) == 0, found != nil,
            let name = entry.pw_name, let home = entry.pw_dir
        else { return nil }
        return Account(name: String(cString: name), home: String(cString: home))
    }

    /// As whom tasks of a state folder run: its owner, whom also root becomes that works in it.
    ///
    /// Of a folder that is not there yet: user `flower` for the system's, which its units make so,
    /// where that user is there; else whoever makes it, the effective user of this process.
    package static func ofRunner(in folder: StateFolder) -> Account {
        var status = stat()
        if stat(folder.path, &status) == 0 { return Account(uid: status.st_uid) }
        let isSystems = folder.path == StateFolder.systemPath
        return isSystems && geteuid() == 0 ? Account(named: "flower") ?? .current : .current
    }

    /// The base of every task's environment. SHELL is `/bin/sh` as in crontab(5), not the login
    /// shell, which for a service's user is often nologin(8).
    var variables: [Variable] {
        [
            Variable("PATH", TaskWorld.path),
            Variable("HOME", home),
            Variable("USER", name),
            Variable("LOGNAME", name),
            Variable("SHELL", "/bin/sh"),
            Variable("LANG", "C.UTF-8"),
        ]
    }
}
