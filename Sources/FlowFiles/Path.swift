/// Paths as texts; nothing here looks at a disk.
enum Path {
    /// `path` as seen from `folder`, absolute, with `.`, `..` and `//` taken out.
    ///
    /// `..` is taken out as a shell's `cd` does (POSIX `cd -L`): the name before it goes, even if
    /// that is a link.
    static func absolute(_ path: String, in folder: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : "\(folder)/\(path)").split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// `name` in the folder of `path`, as a person would write it who wrote `path`.
    static func beside(_ path: String, _ name: String) -> String {
        String(path[..<(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)]) + name
    }

    /// What is before the last `/`; `/` for a name at the top.
    static func folder(of absolutePath: String) -> String {
        let end = absolutePath.lastIndex(of: "/") ?? absolutePath.startIndex
        return end == absolutePath.startIndex ? "/" : String(absolutePath[..<end])
    }

    /// What is after the last `/`.
    static func name(of path: String) -> String {
        String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }

    /// The name without its folder and its last ending: `sales` of `/srv/sales.yaml`.
    static func stem(of path: String) -> String {
        let name = name(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }
}
