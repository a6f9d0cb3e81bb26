/// The names that the host's zone data knows, whether or not their files are there: `tzdata.zi`, which the
/// same package ships (zic(8)).
///
/// Debian 13 leaves out the files of some names that still stand in it.
struct ZoneLinks {
    /// By the other name: `L Europe/Kyiv Europe/Kiev`.
    private var targets: [String: String] = [:]
    /// Of zones that are no links: `Z Europe/Kyiv 2:2:4 - LMT 1880`.
    private var zones: Set<String> = []

    /// Of a folder without that file it knows nothing.
    init(inFolder folder: String) {
        guard let bytes = try? ZoneFile.read("\(folder)/tzdata.zi") else { return }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let first = line.first, line.dropFirst().first == UInt8(ascii: " "),
                first == UInt8(ascii: "L") || first == UInt8(ascii: "Z")
            else { continue }
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 3)
            let names = words.dropFirst().prefix(2).map { String(decoding: $0, as: UTF8.self) }
            guard names.count == 2 else { continue }
            if first == UInt8(ascii: "L") {
                targets[names[1]] = names[0]
            } else {
                zones.insert(names[0])
            }
        }
    }

    var names: Set<String> { zones.union(targets.keys) }

    func knows(_ name: String) -> Bool { zones.contains(name) || targets[name] != nil }

    /// The zone that a name stands for and that is there; `nil` where there is none.
    func present(of name: String, where isThere: (String) -> Bool) -> String? {
        var name = name
        // A link may lead to a link.
        for _ in 0..<Self.linkLimit {
            if isThere(name) { return name }
            guard let target = targets[name] else { return nil }
            name = target
        }
        return nil
    }

    private static let linkLimit = 10
}
