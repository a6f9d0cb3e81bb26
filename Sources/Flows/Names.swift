/// The spelling rules of names. Each returns `nil` for a good name, else what is wrong with it.
package enum Names {
    /// `[a-z0-9][a-z0-9._-]{0,63}`: lower case only, because a flow's name becomes part of unit names,
    /// journal fields and addresses, some of which fold case.
    package static func faultOfFlow(_ name: String) -> String? {
        fault(name, allowed: "a-z, 0-9, '.', '_', '-'") {
            isDigit($0) || isLower($0)
        }
    }

    /// `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    package static func faultOfTask(_ name: String) -> String? {
        fault(name, allowed: "letters, digits, '.', '_', '-'") {
            isDigit($0) || isLower($0) || isUpper($0)
        }
    }

    /// `[A-Za-z_][A-Za-z0-9_]*` and none that would change how a task's process itself starts.
    package static func faultOfParameter(_ name: String) -> String? {
        if let fault = faultOfVariable(name) { return fault }
        if reserved.contains(name) || name.hasPrefix("LD_") {
            return "'\(name)' would change how the task's process starts"
        }
        return nil
    }

    /// A name in `environment:`: as a parameter's, but `PATH` and its like may be set there on purpose.
    package static func faultOfVariable(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        guard let first = bytes.first else { return "a name is empty" }
        guard bytes.count <= Limit.nameBytes else {
            return "a name is longer than \(Limit.nameBytes) bytes"
        }
        let isWord = bytes.allSatisfy { isDigit($0) || isLower($0) || isUpper($0) || $0 == 0x5F }
        guard isWord, !isDigit(first) else {
            return "'\(name)' is not a name: letters, digits and '_', not beginning with a digit"
        }
        if name.hasPrefix("FLOWER_") { return "names that begin with FLOWER_ are Flower's own" }
        return nil
    }

    private static let reserved: Set<String> = ["PATH", "IFS", "ENV", "BASH_ENV"]

    private static func fault(
        _ name: String,
        allowed: String,
        isFirst: (UInt8) -> Bool
    ) -> String? {
        let bytes = Array(name.utf8)
        guard let first = bytes.first else { return "a name is empty" }
        guard bytes.count <= Limit.nameBytes else {
            return "a name is longer than \(Limit.nameBytes) bytes"
        }
        let isInner: (UInt8) -> Bool = { isFirst($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
        guard isFirst(first), bytes.allSatisfy(isInner) else {
            return "'\(name)' is not a name: \(allowed), beginning with a letter or digit"
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
}
