import Glibc
import Storage

/// Where flow files lie of which nobody said where.
enum FolderPath {
    static let systemFlowFiles = "/etc/flower/schedules"

    /// XDG Base Directory Specification: a relative `$XDG_CONFIG_HOME` is to be ignored.
    static func flowFiles(of state: StateFolder, _ environment: [String: String]) -> String {
        if state.path == StateFolder.systemPath { return systemFlowFiles }
        if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") {
            return "\(base)/flower/schedules"
        }
        return "\(environment["HOME"] ?? "")/.config/flower/schedules"
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
