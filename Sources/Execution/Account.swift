import Flows
import Glibc

/// The user as whom tasks run: what login(1) and cron(8) tell a process about itself.
package struct Account: Sendable, Equatable {
    package let name: String
    package let home: String

    package init(name: String, home: String) {
        self.name = name
        self.home = home
    }

    /// The effective user of this process; a user without an entry in passwd(5) has `/` for a home.
    package static var current: Account {
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let uid = geteuid()
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            return Account(name: String(uid), home: "/")
        }
        return Account(
            name: String(cString: entry.pw_name),
            home: String(cString: entry.pw_dir)
        )
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
