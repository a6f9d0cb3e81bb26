import ArgumentParser
import Glibc

/// Writes the pages of section 1 for `make install`; nobody else needs it.
struct ManualCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Write the pages for man(1) of every command.",
        shouldDisplay: false
    )

    @Argument(help: "The folder to write them to, which is there.", completion: .directory)
    var folder: String

    func run(in session: Session) throws -> ExitCode {
        for page in ManualPages(root: try .root()).all {
            let path = "\(folder)/\(page.name)"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                let reason = String(cString: strerror(errno))
                throw Failure(.cannotCreate, "cannot write \(path): \(reason)")
            }
            defer { close(descriptor) }
            try Output(descriptor: descriptor).write(page.text)
        }
        return .success
    }
}
