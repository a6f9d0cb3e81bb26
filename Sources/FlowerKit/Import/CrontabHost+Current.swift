import Execution
import FlowFiles
import Flows
import Glibc

extension CrontabHost {
    /// This host.
    static func current(runner: Account) -> CrontabHost {
        CrontabHost(
            runner: runner.name,
            runnerHome: runner.home,
            home: { Account(named: $0)?.home },
            folder: { folder($0, for: runner.name) },
            isProgram: { isProgram($0) },
            given: given(in: ["/etc/environment", "/etc/default/locale"])
        )
    }

    private static func isProgram(_ name: String) -> Bool {
        let folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"]
        return !name.contains("/") && folders.contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// What pam_env(8) takes of the files that Debian's /etc/pam.d/cron names; the last of a name counts.
    /// PATH and what else cron sets by itself is not theirs.
    ///
    /// - Parameter paths: one that is not there, or is no list of variables, says nothing.
    static func given(in paths: [String]) -> [Given] {
        var given: [Given] = []
        for path in paths {
            // Most hosts have one of the two; what pam_env cannot read it passes over as well.
            guard let bytes = try? CrontabFile.read(path),
                let variables = try? EnvironmentFile.parse(bytes)
            else { continue }
            for variable in variables where !["PATH", "HOME", "SHELL"].contains(variable.name) {
                given.removeAll { $0.name == variable.name }
                given.append(Given(name: variable.name, value: variable.value, file: path))
            }
        }
        return given
    }

    /// By the modes of the folder and of those above it; access lists are not looked at.
    static func folder(_ path: String, for user: String) -> Folder {
        var status = stat()
        guard stat(path, &status) == 0 else {
            // Where we may not look ourselves, nobody knows.
            return errno == EACCES ? .open : .absent
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return .absent }
        guard let entry = getpwnam(user), entry.pointee.pw_uid != 0 else { return .open }
        let (uid, gid) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        var groups = [gid_t](repeating: 0, count: 1 << 10)
        var count = Int32(groups.count)
        guard getgrouplist(user, gid, &groups, &count) >= 0 else { return .open }
        let member = Set(groups.prefix(Int(count)))
        var above = ""
        for part in [""] + path.split(separator: "/").map(String.init) {
            above += part.isEmpty ? "" : "/\(part)"
            guard stat(above.isEmpty ? "/" : above, &status) == 0 else { return .open }
            let bit: mode_t =
                status.st_uid == uid ? S_IXUSR : member.contains(status.st_gid) ? S_IXGRP : S_IXOTH
            if status.st_mode & bit == 0 { return .closed }
        }
        return .open
    }
}
