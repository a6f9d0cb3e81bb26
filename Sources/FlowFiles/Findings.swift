import Flows

/// Gathers what is wrong with one file, with the lines of its text.
final class Findings {
    let path: String
    /// Words to suggest; its budget is the file's.
    var nearest = Nearest()
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var faultCount = 0
    /// The file's text, once it is known to be one.
    var source: SourceText?
    /// An alias repeats a fault of what it stands for; once is enough.
    private var seen: Set<Diagnostic> = []
    private var unshown = 0
    /// Warnings and notes have room of their own: none of them takes a fault's place.
    private var remarkCount = 0
    private var unshownRemarks = 0

    init(path: String) {
        self.path = path
    }

    /// Message, place and hint are made only if they will be shown: each may cost a walk over a
    /// line, and a hostile file has a million faults.
    func fault(
        _ message: @autoclosure () -> String,
        at place: @autoclosure () -> Place?,
        hint: @autoclosure () -> String? = nil
    ) {
        faultCount += 1
        if hasRoom { add(message(), place(), hint(), .fault) }
    }

    func warn(
        _ message: @autoclosure () -> String,
        at place: @autoclosure () -> Place?,
        hint: @autoclosure () -> String? = nil
    ) {
        if hasRoomForRemark { add(message(), place(), hint(), .warning) }
    }

    func note(
        _ message: @autoclosure () -> String,
        at place: @autoclosure () -> Place?,
        hint: @autoclosure () -> String? = nil
    ) {
        if hasRoomForRemark { add(message(), place(), hint(), .note) }
    }

    /// Takes over what is wrong with a file that this one names.
    func add(_ other: Findings) {
        faultCount += other.faultCount
        unshown += other.unshown
        unshownRemarks += other.unshownRemarks
        for diagnostic in other.diagnostics where diagnostic.isFault ? hasRoom : hasRoomForRemark {
            keep(diagnostic)
        }
    }

    private var hasRoom: Bool {
        if diagnostics.count - remarkCount < Limit.faultsPerFile { return true }
        unshown += 1
        return false
    }

    private var hasRoomForRemark: Bool {
        if remarkCount < Limit.faultsPerFile { return true }
        unshownRemarks += 1
        return false
    }

    /// All findings in the order of their places, a note on the unshown ones last.
    var sorted: [Diagnostic] {
        var result = diagnostics.sorted()
        if unshown > 0 {
            result.append(Diagnostic(path: path, message: "has \(unshown) more faults"))
        }
        if unshownRemarks > 0 {
            result.append(
                Diagnostic(
                    path: path,
                    message: "has \(unshownRemarks) more warnings and notes",
                    severity: .note
                )
            )
        }
        return result
    }

    private func add(
        _ message: String,
        _ place: Place?,
        _ hint: String?,
        _ severity: Diagnostic.Severity
    ) {
        let diagnostic = Diagnostic(
            path: path,
            line: place?.line ?? 0,
            column: place?.column ?? 0,
            message: message,
            hint: hint,
            excerpt: place.flatMap { source?.excerpt(at: $0) },
            severity: severity
        )
        keep(diagnostic)
    }

    private func keep(_ diagnostic: Diagnostic) {
        guard seen.insert(diagnostic).inserted else { return }
        diagnostics.append(diagnostic)
        if !diagnostic.isFault { remarkCount += 1 }
    }
}
