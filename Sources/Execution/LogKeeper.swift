import Glibc
import Storage

/// The folders of runs' output, held against the runs that there are.
package struct LogKeeper {
    private let store: Store

    package init(_ store: Store) { self.store = store }

    /// Folders of runs that the database does not know: pruned, or of another database.
    ///
    /// A run is registered before its folder is made, and no number is used twice: what is not there
    /// after the folders were listed will never be.
    package func orphans() throws -> [String] {
        let names = folderNames(store.folder.logsPath)
        let numbered = names.compactMap { name in Int64(name).map { (name: name, run: $0) } }
        let known = try store.existingRuns(among: numbered.map(\.run))
        return numbered.filter { !known.contains($0.run) }.map(\.name).sorted()
    }

    /// - Returns: how many folders were removed.
    package func removeOrphans() throws -> Int {
        var removed = 0
        for name in try orphans() {
            let folder = "\(store.folder.logsPath)/\(name)"
            for file in folderNames(folder) where file != "." && file != ".." {
                unlink("\(folder)/\(file)")
            }
            if rmdir(folder) == 0 { removed += 1 }
        }
        return removed
    }
}
