import Glibc
import HostTime
import Storage

/// Tells when the host's zone data or its zone may have changed: an update of `tzdata`, a new
/// `/etc/localtime`.
final class ZoneWatch {
    private let zones: ZoneDirectory
    private let watch: FolderWatch
    private var watched: Set<String> = []

    /// The folder of the host's own zone, of which little else concerns us.
    private static let hostFolder = "/etc"
    private static let hostNames: Set<String> = ["localtime", "timezone"]

    init(_ zones: ZoneDirectory) throws {
        self.zones = zones
        watch = try FolderWatch()
        follow()
    }

    var descriptor: Int32 { watch.descriptor }

    /// Watches the folders of the zones that are in use by now.
    func follow() {
        for folder in zones.foldersInUse.union([Self.hostFolder]).subtracting(watched) {
            // A host without zone data has nothing to watch, and no zones but UTC.
            try? watch.add(folder, .departures)
            watched.insert(folder)
        }
    }

    /// Whether zones are to be read again.
    func take() -> Bool {
        let changes = watch.take()
        if !changes.gone.isEmpty { watched.subtract(changes.gone) }
        // Names in /etc are told like those of the zone folders; in these, hardly any is not a zone.
        let names = changes.names.filter { name in
            Self.hostNames.contains(name) || isZoneData(name)
        }
        return changes.isOverflow || !changes.gone.isEmpty || !names.isEmpty
    }

    private func isZoneData(_ name: String) -> Bool {
        watched.contains { $0 != Self.hostFolder && access("\($0)/\(name)", F_OK) == 0 }
    }
}
