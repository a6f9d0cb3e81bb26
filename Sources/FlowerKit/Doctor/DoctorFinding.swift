import Flows

/// One thing that `flower doctor` has looked at.
struct DoctorFinding: Equatable {
    enum State: String {
        case good
        /// Works, but somebody should know.
        case note
        /// Has to be mended: exit code 1.
        case missing
    }

    let subject: String
    let state: State
    /// What is so: lower case, no full stop.
    let message: String
    /// What to do, a command where there is one.
    let remedy: String?

    static func good(_ subject: String, _ message: String) -> DoctorFinding {
        DoctorFinding(subject: subject, state: .good, message: message, remedy: nil)
    }

    static func note(_ subject: String, _ message: String, _ remedy: String) -> DoctorFinding {
        DoctorFinding(subject: subject, state: .note, message: message, remedy: remedy)
    }

    static func missing(_ subject: String, _ message: String, _ remedy: String) -> DoctorFinding {
        DoctorFinding(subject: subject, state: .missing, message: message, remedy: remedy)
    }

    var json: JSONValue {
        .object([
            "subject": .string(subject), "state": .string(state.rawValue),
            "message": .string(message), "remedy": .text(remedy),
        ])
    }
}

/// `flower doctor`.
enum DoctorView {
    static func text(_ findings: [DoctorFinding], colour: Bool) -> String {
        let width = findings.map(\.subject.count).max() ?? 0
        let margin = String(repeating: " ", count: stateWidth + 2 + width + 2)
        var text = ""
        for finding in findings {
            let style: Style =
                switch finding.state {
                case .good: .good
                case .note: .active
                case .missing: .bad
                }
            let state = padded(finding.state.rawValue, to: stateWidth)
            text += "\(colour ? style.applied(to: state) : state)  "
            text += "\(padded(finding.subject, to: width))  \(Printable.line(finding.message))\n"
            if let remedy = finding.remedy { text += "\(margin)→ \(Printable.line(remedy))\n" }
        }
        let count = findings.count { $0.state == .missing }
        let sentence =
            count == 0
            ? "Nothing is missing." : "\(counted(count, "thing")) to mend."
        return text + "\n\(sentence)\n"
    }

    /// `missing`.
    private static let stateWidth = 7

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
