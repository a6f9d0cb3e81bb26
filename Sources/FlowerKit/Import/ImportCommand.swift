import ArgumentParser
import Cron
import Execution
import FlowFiles
import Flows
import Glibc
import HostTime

/// `flower import`: crontab(5) files to flow files, one for each command, and systemd.timer(5) units.
///
/// All or nothing: with a fault in any file, or a different file in the way, nothing is written.
struct ImportCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Write a flow file for each crontab entry and timer.",
        discussion: """
            A file named crontab, or in a folder named cron.d, has a user column, as /etc/crontab; \
            any other is a user's own, in /var/spool/cron/crontabs of the user for whom it is named. \
            You are asked for --form where what stands before the commands speaks against it. \
            NAME.timer is a timer of systemd, whose service and drop-ins are read too; of a folder \
            all its timers are. What cannot be carried over, or is otherwise, is said.
            """
    )

    enum Form: String, CaseIterable, ExpressibleByArgument {
        case user, system
    }

    @Argument(
        help: ArgumentHelp("Crontabs, timers, folders of timers.", valueName: "file"),
        completion: .file()
    )
    var files: [String]

    @Option(
        help: ArgumentHelp("The folder to write to.", valueName: "folder"),
        completion: .directory
    )
    var to = "."

    @Option(help: "With a user column (system) or without (user), whatever the files' names.")
    var form: Form?

    func run(in session: Session) throws -> ExitCode {
        var imports: [NewFile] = []
        var faults = 0
        let world = session.crontabWorld(for: StateChoice.unsaid.folder(session))
        for file in files {
            if Self.isOfTimers(file) {
                imports += try timers(file, &faults, in: session)
                continue
            }
            if form == nil, isInCronD(file), !Crontab.isReadInCronD(fileName: baseName(file)) {
                session.note(
                    "\(file): passed over, as Debian's cron does with such a name in cron.d"
                )
                continue
            }
            let crontab = CrontabImport(
                try CrontabFile.read(file),
                path: file,
                form: crontabForm(file),
                isFormSaid: form != nil,
                stem: stem(file),
                owner: owner(file),
                world: world
            )
            imports += crontab.commands.map { command in
                let flow = ImportedFlow(source: file, command)
                return NewFile(name: flow.name, yaml: flow.yaml)
            }
            try session.complain(crontab.diagnostics.map { $0.rendered + "\n" }.joined())
            faults += crontab.diagnostics.count(where: \.isFault)
        }
        guard faults == 0 else {
            throw Failure(.badInput, "\(counted(faults, "fault")); nothing was written")
        }
        try write(imports, in: session)
        return .success
    }

    private func write(_ imports: [NewFile], in session: Session) throws {
        var names: Set<String> = []
        var pending: [(path: String, text: String)] = []
        for flow in imports {
            guard names.insert(flow.name).inserted else {
                throw Failure(
                    .badInput,
                    "two files make a flow '\(flow.name)'; nothing was written",
                    hint: "import them one by one, each with its own --to"
                )
            }
            let path = "\(to)/\(flow.name).yaml"
            if let present = CrontabFile.present(path) {
                if ImportedFlow.isSame(flow.yaml, String(decoding: present, as: UTF8.self)) {
                    continue
                }
                throw Failure(
                    .cannotCreate,
                    "\(path) is there already and differs; nothing was written",
                    hint: "move it away, or name another folder with --to"
                )
            }
            pending.append((path, flow.yaml))
        }
        try CrontabFile.makeFolder(to)
        var made: [String] = []
        do {
            for (path, text) in pending {
                try CrontabFile.create(path, text)
                made.append(path)
            }
        } catch {
            // All or nothing.
            for path in made { unlink(path) }
            throw error
        }
        let kept = imports.count - pending.count
        try session.print(pending.map { Printable.line($0.path) + "\n" }.joined())
        if kept > 0 { session.note("\(counted(kept, "file")) unchanged") }
    }

    // MARK: names of files

    private func baseName(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    private func isInCronD(_ path: String) -> Bool {
        path.split(separator: "/").dropLast().last == "cron.d"
    }

    /// A spool of cron's has each user's crontab under the user's name, Debian's in `crontabs`.
    private func owner(_ path: String) -> String? {
        let folders = path.split(separator: "/").dropLast().suffix(2)
        let isSpool = folders.last == "crontabs" || folders == ["spool", "cron"]
        return isSpool && crontabForm(path) == .user ? baseName(path) : nil
    }

    private func crontabForm(_ path: String) -> Crontab.Form {
        if let form { return form == .system ? .system : .user }
        return isInCronD(path) || baseName(path) == "crontab" ? .system : .user
    }

    /// `jobs.crontab` → `jobs`.
    private func stem(_ path: String) -> String {
        let name = baseName(path)
        return name.hasSuffix(".crontab") ? String(name.dropLast(8)) : name
    }
}

/// The files that `import` reads and makes.
enum CrontabFile {
    /// - Throws: `Failure`, 66 where there is nothing or it cannot be read, else 65.
    static func read(_ path: String) throws -> [UInt8] {
        switch FileReader.input(path) {
        case .success(let bytes): return bytes
        case .failure(let fault): throw fault.failure(of: path)
        }
    }

    /// What stands at a path where a flow file is to be; nil if nothing does.
    static func present(_ path: String) -> [UInt8]? {
        guard access(path, F_OK) == 0 else { return nil }
        // A folder or what cannot be read is in the way too, and is no flow file.
        return (try? read(path)) ?? []
    }

    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o777) == 0 { return }
        let error = errno
        var status = stat()
        if error == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
            throw cannotMake(path, ENOTDIR)
        }
        if error != EEXIST { throw cannotMake(path, error) }
    }

    /// A new file: O_EXCL, so that one which came in between is not overwritten.
    static func create(_ path: String, _ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw cannotMake(path, errno) }
        defer { close(descriptor) }
        do {
            try Output(descriptor: descriptor).write(text)
        } catch {
            // A part of a flow could be a flow, and would be in the way of the next import.
            unlink(path)
            throw Failure(
                .unusable,
                "\(path): \(Failure(error).message); nothing was written",
                hint: "make room, or name another folder with --to"
            )
        }
    }

    private static func cannotMake(_ path: String, _ error: Int32) -> Failure {
        let hint =
            switch error {
            case ENOENT: "make the folder in which it is to be: mkdir -p"
            case ENOTDIR: "a part of the path is a file: name a folder with --to"
            case ENOSPC, EDQUOT: "make room, or name another folder with --to"
            default: "name a folder with --to in which you may write"
            }
        return Failure(
            .cannotCreate,
            "cannot make \(path): \(String(cString: strerror(error)))",
            hint: hint
        )
    }
}

extension FileReader.InputFault {
    func failure(of path: String) -> Failure {
        let name = path.isEmpty ? "''" : path
        // What is there and cannot be read is no input either (sysexits(3), EX_NOINPUT).
        let isUnreadable = isMissing || message.hasPrefix("cannot be read")
        return Failure(isUnreadable ? .notFound : .badInput, "\(name): \(message)", hint: hint)
    }
}
