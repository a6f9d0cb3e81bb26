import CLinux
import Glibc
import Storage

extension RunnerFile {
    /// Whether a runner of the folder lives: somebody holds its file locked. Locks nothing itself,
    /// so that no rescuer takes the asker for one.
    package static func isAnyHeld(in folder: StateFolder) -> Bool {
        folderNames(folder.runnersPath).contains { isHeld("\(folder.runnersPath)/\($0)") }
    }

    static func isHeld(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return clinux_ofd_is_locked(descriptor) == 1
    }
}
