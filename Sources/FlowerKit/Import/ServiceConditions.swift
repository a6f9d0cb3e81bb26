import HostFiles

/// What a service's section `[Unit]` asks of the host before it is started, as tests for sh(1): systemd.unit(5),
/// "Conditions and Asserts". One that no shell can judge stays a lost setting.
struct ServiceConditions {
    /// True in sh(1) where the service is to be started; nil where nothing is asked.
    private(set) var condition: String?
    /// Each with its setting: where one does not hold, the start has failed.
    private(set) var assertions: [(test: String, setting: UnitFile.Setting)] = []
    /// The settings that are carried over.
    private(set) var carried: Set<UnitFile.Setting> = []

    /// - Parameter folder: where tasks start; a test of it would come too late.
    init(_ unit: UnitFolders.Unit, _ specifiers: UnitSpecifiers, folder: String) {
        condition = read("Condition", of: unit, specifiers, folder)
            .map { $0.map(\.test).joined(separator: " && ") }
        assertions = read("Assert", of: unit, specifiers, folder) ?? []
    }

    /// All must hold; of those that begin with `|` one at least, which is one test here.
    private mutating func read(
        _ prefix: String,
        of unit: UnitFolders.Unit,
        _ specifiers: UnitSpecifiers,
        _ folder: String
    ) -> [(test: String, setting: UnitFile.Setting)]? {
        let found = unit.settings.filter { $0.section == "Unit" && $0.key.hasPrefix(prefix) }
        // An empty value of any key takes back all before it.
        let start = found.lastIndex { $0.value.isEmpty }.map { $0 + 1 } ?? 0
        var all: [(test: String, setting: UnitFile.Setting)] = []
        var any: [(test: String, setting: UnitFile.Setting)] = []
        var isAnyWhole = true
        for setting in found[start...] {
            var value = Substring(setting.value)
            let isOneOfMany = value.hasPrefix("|")
            if isOneOfMany { value = Self.trimmed(value.dropFirst()) }
            let isNegated = value.hasPrefix("!")
            if isNegated { value = Self.trimmed(value.dropFirst()) }
            let kind = String(setting.key.dropFirst(prefix.count))
            guard let text = try? specifiers.expand(String(value)),
                !(folder == text || folder.hasPrefix("\(text)/")),
                let test = Self.test(kind, text)
            else {
                if isOneOfMany { isAnyWhole = false }
                continue
            }
            let whole = isNegated ? "! \(test)" : test
            if isOneOfMany { any.append((whole, setting)) } else { all.append((whole, setting)) }
        }
        if isAnyWhole, let first = any.first {
            let tests = any.map(\.test)
            let test = tests.count == 1 ? tests[0] : "{ \(tests.joined(separator: " || ")); }"
            all.append((test, first.setting))
            carried.formUnion(any.map(\.setting))
        }
        carried.formUnion(all.map(\.setting))
        return all.isEmpty ? nil : all
    }

    private static func trimmed(_ text: Substring) -> Substring {
        text.drop { $0 == " " || $0 == "\t" }
    }

    /// One command that succeeds where the condition holds.
    private static func test(_ kind: String, _ value: String) -> String? {
        let word = ShellWord.quoted(value)
        if kind.hasPrefix("Path") || kind.hasPrefix("File") || kind.hasPrefix("Directory") {
            guard value.hasPrefix("/") else { return nil }
        }
        switch kind {
        case "PathExists": return "[ -e \(word) ]"
        case "PathIsDirectory": return "[ -d \(word) ]"
        case "PathIsSymbolicLink": return "[ -L \(word) ]"
        case "PathIsMountPoint": return "mountpoint -q \(word)"
        case "FileNotEmpty": return "{ [ -f \(word) ] && [ -s \(word) ]; }"
        case "FileIsExecutable": return "{ [ -f \(word) ] && [ -x \(word) ]; }"
        case "DirectoryNotEmpty":
            return "{ [ -d \(word) ] && [ -n \"$(ls -A \(word))\" ]; }"
        case "PathExistsGlob":
            // Unquoted it must be one word to sh(1), with the wildcards that both know.
            let isPlain = value.utf8.allSatisfy { byte in
                ServiceVariable.isNameByte(byte) || "/.-*?".utf8.contains(byte)
            }
            return isPlain ? "( set -- \(value); [ -e \"$1\" ] || [ -L \"$1\" ] )" : nil
        case "ACPower":
            guard let isOn = UnitFile.boolean(value) else { return nil }
            // Where it is depends on systemd's version.
            let program = "systemd-ac-power || echo /usr/lib/systemd/systemd-ac-power"
            let test = "\"$(command -v \(program))\""
            return isOn ? test : "{ ! \(test); }"
        case "Virtualization":
            switch value {
            case "container": return "systemd-detect-virt -q --container"
            // Of a container on a virtual machine the program sees both, a condition the container alone.
            case "vm":
                return "{ ! systemd-detect-virt -q --container && systemd-detect-virt -q --vm; }"
            default: return nil
            }
        default: return nil
        }
    }
}
