/// A file of variables, as `environment_file` names it.
package struct VariableFile: Sendable, Hashable {
    /// Absolute.
    package var path: String
    /// Written `-PATH`, as in systemd.exec(5): where there is none, it is passed over.
    package var mayBeMissing: Bool

    package init(_ path: String, mayBeMissing: Bool = false) {
        self.path = path
        self.mayBeMissing = mayBeMissing
    }

    /// As it is stored, and as a flow file has it.
    package var text: String { (mayBeMissing ? "-" : "") + path }

    package init(text: String) {
        mayBeMissing = text.hasPrefix("-")
        path = String(text.dropFirst(mayBeMissing ? 1 : 0))
    }
}
