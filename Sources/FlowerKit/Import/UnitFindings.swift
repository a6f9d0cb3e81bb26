import FlowFiles
import HostFiles

/// What there is to say of a timer and its service, in the order in which it is found.
struct UnitFindings {
    private(set) var diagnostics: [Diagnostic] = []
    /// Once is enough for each.
    private var hints: Set<String> = []

    var faults: Int { diagnostics.count(where: \.isFault) }

    mutating func add(
        _ severity: Diagnostic.Severity,
        _ message: String,
        _ setting: UnitFile.Setting,
        hint: String? = nil
    ) {
        add(severity, message, path: setting.path, line: setting.line, hint: hint)
    }

    mutating func add(
        _ severity: Diagnostic.Severity,
        _ message: String,
        path: String,
        line: Int = 0,
        hint: String? = nil
    ) {
        diagnostics.append(
            Diagnostic(
                path: path,
                line: line,
                column: line > 0 ? 1 : 0,
                message: message,
                hint: hint,
                severity: severity
            )
        )
    }

    /// One line for a setting that a flow file has nothing for.
    mutating func addLost(_ setting: UnitFile.Setting) {
        guard let reason = LostSetting.reason(setting) else { return }
        add(
            reason.severity,
            "\(setting.key)=\(Self.clipped(setting.value)): \(reason.text)",
            setting,
            hint: reason.hint.flatMap { hints.insert($0).inserted ? $0 : nil }
        )
    }

    static func clipped(_ text: String) -> String {
        text.unicodeScalars.count <= 60
            ? text : String(text.unicodeScalars.prefix(59)) + "\u{2026}"
    }
}
