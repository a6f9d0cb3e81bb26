import Execution
import FlowFiles
import Flows
import Glibc
import HostFiles

/// systemd's timers, alone or all of a folder.
extension ImportCommand {
    /// A flow's name, and the text of its file.
    struct NewFile {
        let name: String
        let yaml: String
    }

    static func isOfTimers(_ path: String) -> Bool {
        TimerImport.isTimer(path) || isFolder(path)
    }

    /// A timer that was named must become a flow; of a folder's those that cannot are passed over with
    /// the reason, so that one does not keep the others back.
    func timers(
        _ path: String,
        _ faults: inout Int,
        in session: Session
    ) throws -> [NewFile] {
        guard Self.isFolder(path) else {
            let (file, found) = try timer(path, isOneOfMany: false, in: session)
            faults += found
            return file.map { [$0] } ?? []
        }
        let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let names = UnitFolders.names(in: folder).filter(TimerImport.isTimer)
        guard !names.isEmpty else {
            throw Failure(
                .notFound,
                "there is no timer in \(path)",
                hint: "of a folder all files that end in .timer are read; crontabs are named one"
                    + " by one: flower import \(folder)/NAME"
            )
        }
        let files = try names.compactMap { name in
            try timer("\(folder)/\(name)", isOneOfMany: true, in: session).file
        }
        let left = names.count - files.count
        if left > 0 { session.note("\(left) of \(counted(names.count, "timer")) passed over") }
        return files
    }

    private func timer(
        _ path: String,
        isOneOfMany: Bool,
        in session: Session
    ) throws -> (file: NewFile?, faults: Int) {
        var reading = TimerImport(
            path: path,
            account: .ofRunner(in: StateChoice.unsaid.folder(session)),
            now: session.now,
            zone: session.hostZone
        )
        let flow = reading.flow()
        if reading.isUnreadable, case .failure(let fault) = FileReader.input(path) {
            guard isOneOfMany else { throw fault.failure(of: path) }
            session.note("\(path): passed over: \(fault.message)")
        }
        if let reason = reading.passedOver { session.note("\(path): passed over: \(reason)") }
        let diagnostics = reading.findings.diagnostics.map { diagnostic in
            var told = diagnostic
            if isOneOfMany, told.isFault {
                told.severity = .warning
                told.message += "; the timer is passed over"
            }
            return told
        }
        try session.complain(diagnostics.map { $0.rendered + "\n" }.joined())
        let faults = isOneOfMany ? 0 : reading.findings.faults
        return (flow.map { NewFile(name: $0.name, yaml: $0.yaml) }, faults)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
