/// What stands for `%n`, `%i` and their like in a unit: systemd.unit(5), "Specifiers".
package struct UnitSpecifiers: Sendable {
    /// A specifier that has no value before the unit runs, or none on this host.
    package struct Fault: Error, Hashable {
        /// `%b`.
        package let specifier: String
    }

    private let values: [Character: String]

    /// - Parameters:
    ///   - fragment: the unit's own file.
    ///   - userName: as whom the manager runs; `root` for the system's.
    ///   - home: that user's.
    package init(
        name: UnitName,
        fragment: String,
        isUserUnit: Bool,
        userName: String,
        uid: UInt32,
        home: String
    ) {
        let instance = name.instance ?? ""
        let last = name.prefix.split(separator: "-", omittingEmptySubsequences: false).last ?? ""
        let folder = fragment.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let path = UnitName.unescaped(name.instance == nil ? name.prefix : instance)
        var values: [Character: String] = [
            "%": "%", "n": name.text, "N": name.stem, "p": name.prefix,
            "P": UnitName.unescaped(name.prefix), "i": instance,
            "I": UnitName.unescaped(instance), "j": String(last),
            "J": UnitName.unescaped(String(last)), "f": path.hasPrefix("/") ? path : "/\(path)",
            "y": fragment, "Y": folder.joined(separator: "/"), "u": userName, "U": String(uid),
            "g": userName, "G": String(uid), "h": home, "T": "/tmp", "V": "/var/tmp",
        ]
        if isUserUnit {
            // Groups may differ from users; who needs one writes it.
            values["g"] = nil
            values["G"] = nil
            values["t"] = "/run/user/\(uid)"
            // Where state and logs are depends on systemd's version: from 254 on below ~/.local/state.
            values["C"] = "\(home)/.cache"
            values["E"] = "\(home)/.config"
        } else {
            values["t"] = "/run"
            values["S"] = "/var/lib"
            values["C"] = "/var/cache"
            values["L"] = "/var/log"
            values["E"] = "/etc"
        }
        self.values = values
    }

    /// A `%` with an unknown letter stays, as systemd leaves it.
    package func expand(_ text: String) throws(Fault) -> String {
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "%", let letter = rest.first else {
                result.append(character)
                continue
            }
            if let value = values[letter] {
                result += value
                rest.removeFirst()
            } else if Self.known.contains(letter) {
                throw Fault(specifier: "%\(letter)")
            } else {
                result.append("%")
            }
        }
        return result
    }

    /// The others of systemd 252 and 257: of the host, its boot, its system or a user's group.
    private static let known: Set<Character> = [
        "a", "A", "b", "B", "d", "D", "g", "G", "H", "L", "l", "m", "M", "o", "q", "S", "s", "v",
        "w", "W",
    ]
}
