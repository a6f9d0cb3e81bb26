import Flows

/// Finds the time zone that a mistyped name probably means.
package enum NearestZone {
    package static func find(_ name: String, among zones: [String]) -> String? {
        let wanted = String(name.lowercased().map { $0 == " " ? "_" : $0 })
        if let same = zones.first(where: { $0.lowercased() == wanted }) { return same }
        // `new york` for `America/New_York`: people say where they are, not on which continent.
        let place = zones.first { zone in
            zone.contains("/") && zone.split(separator: "/").last?.lowercased() == wanted
        }
        return place ?? nearest(to: wanted, among: zones)
    }
}
