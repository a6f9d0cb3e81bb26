import ArgumentParser
import Storage

struct BackupCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a consistent copy of the database, while others work.",
        discussion: """
            The file appears whole or not at all. To restore one: stop what works on the state \
            folder, remove flower.db, flower.db-wal and flower.db-shm in it, move logs/ away (new \
            runs take the numbers of those that came after the backup), and copy the file there as \
            flower.db. Output of tasks is not in it but for the last 64 KiB of each \
            attempt: copy logs/ too.
            """
    )

    @Argument(help: "The file to write; it must not exist.", completion: .file())
    var file: String

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        try state.openStore(session).backup(to: file)
        try session.print("\(file) written\n")
        return .success
    }
}
