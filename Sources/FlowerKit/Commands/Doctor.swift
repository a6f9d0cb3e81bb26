import ArgumentParser
import Flows

struct DoctorCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tell what is missing on this host, and how to mend it.",
        discussion: """
            The units (installed, enabled, active, watched), the user, the state folder's owner, \
            modes and disk, the folder of flow files, journal, clock, zone data, inotify, mail and \
            the database. It changes nothing. The exit code is 1 where something is missing; a \
            note is for your information. flower check looks into the database.
            """
    )

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let findings = HostDoctor(folder: state.choice.folder(session), session: session).findings()
        switch format.output {
        case .table:
            try session.print(page: DoctorView.text(findings, colour: session.terminal.usesColour))
        case .json: try session.print(.array(findings.map(\.json)))
        }
        return findings.contains { $0.state == .missing } ? .taskFailed : .success
    }
}
