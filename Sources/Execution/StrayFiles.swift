import Glibc
import Storage

/// What lies in a state folder and belongs to nothing, for `flower check`.
///
/// Only in the folders that are Flower's alone: the state folder itself may be its user's home.
package struct StrayFiles {
    private let store: Store
    private var folder: StateFolder { store.folder }

    package init(_ store: Store) { self.store = store }

    package func findings() throws -> [CheckFinding] {
        let outputs = OutputFolder(folder, instance: store.instance)
        let strange = "there is a strange file"
        let prune = "flower prune removes it"
        let byHand = "nothing of Flower's is called so: look at it, and remove it"
        return [
            Self.finding(
                "there is output of runs that the database does not know: logs/ ",
                try LogKeeper(store).orphans(),
                remedy: prune
            ),
            Self.finding(
                "there is what attempts gave that are over: outputs/ ",
                outputs.orphans(store),
                remedy: prune
            ),
            Self.finding(
                "there are records of runners that the database does not know: runners/ ",
                try runners(),
                remedy: "flower run removes it"
            ),
            Self.finding("\(strange): logs/ ", strangers(folder.logsPath), remedy: byHand),
            Self.finding("\(strange): outputs/ ", outputs.strangers, remedy: byHand),
            Self.finding("\(strange): runners/ ", strangers(folder.runnersPath), remedy: byHand),
            Self.finding(
                "there are drafts whose makers have died: ",
                drafts,
                remedy: "nobody needs it: remove it"
            ),
        ]
        .compactMap { $0 }
    }

    private static func finding(
        _ problem: String,
        _ names: [String],
        remedy: String
    ) -> CheckFinding? {
        guard !names.isEmpty else { return nil }
        let list = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " …" : "")
        return CheckFinding(problem + list, remedy: remedy)
    }

    /// Runs and runners are numbers.
    private func strangers(_ path: String) -> [String] {
        folderNames(path).filter { Int64($0) == nil && $0 != StateFolder.acceptedName }.sorted()
    }

    /// Of runners that claimed nothing, or had said that they ended. Those of dead runners with work left
    /// are for the rescue, and no orphans.
    private func runners() throws -> [String] {
        let free = folderNames(folder.runnersPath).filter { name in
            Int64(name) != nil && !folder.isHeld("\(folder.runnersPath)/\(name)")
        }
        // Asked after the lock was found free: who is made meanwhile is not among them.
        let known = Set(try store.unendedRunners().map(\.id))
        return free.filter { !known.contains(Int64($0) ?? 0) }.sorted()
    }

    /// `wake.PID`, the next wake file, and `FILE.PID.part`, a backup.
    private var drafts: [String] {
        folderNames(folder.path).filter { name in
            let parts = name.split(separator: ".")
            let pid =
                if parts.count == 2, parts[0] == "wake" {
                    pid_t(parts[1])
                } else if parts.count >= 3, parts.last == "part" {
                    pid_t(parts[parts.count - 2])
                } else {
                    pid_t?.none
                }
            guard let pid, pid > 0 else { return false }
            return kill(pid, 0) != 0 && errno == ESRCH
        }
        .sorted()
    }
}
