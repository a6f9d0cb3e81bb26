import Cron
import Flows

/// What is known of the host on which a crontab's commands will run, and of who will run them.
package struct CrontabHost: Sendable {
    /// As the runner finds it.
    package enum Folder: Sendable, Hashable {
        case open, absent
        /// The runner may not enter it.
        case closed
    }

    /// A variable that cron gives every command besides, and the file that it has it from.
    package struct Given: Sendable, Hashable {
        package let name: String
        package let value: String
        package let file: String

        package init(name: String, value: String, file: String) {
            self.name = name
            self.value = value
            self.file = file
        }
    }

    /// The user as whom tasks will run.
    package var runner: String
    /// An absolute path.
    package var runnerHome: String
    /// The home folder of a user; `nil` = this host has no such user.
    package var home: @Sendable (_ user: String) -> String?
    package var folder: @Sendable (_ path: String) -> Folder
    /// Whether the shell finds a program of this name where cron lets it look.
    package var isProgram: @Sendable (_ name: String) -> Bool
    /// pam_env(8), as /etc/pam.d/cron has it.
    package var given: [Given]

    package init(
        runner: String,
        runnerHome: String,
        home: @escaping @Sendable (_ user: String) -> String?,
        folder: @escaping @Sendable (_ path: String) -> Folder,
        isProgram: @escaping @Sendable (_ name: String) -> Bool,
        given: [Given]
    ) {
        self.runner = runner
        self.runnerHome = runnerHome
        self.home = home
        self.folder = folder
        self.isProgram = isProgram
        self.given = given
    }
}

/// Whether a crontab that is read without a user column has one after all.
package enum UserColumn: Sendable, Hashable {
    /// Every command begins with a user of this host; the first of them.
    case certain(String)
    /// Every command begins with what may be a user of another host, before what is a command.
    case likely(String)
    case none

    /// - Parameter crontab: read in the user form.
    package init(in crontab: Crontab, on host: CrontabHost) {
        self = .none
        var isCertain = true
        for entry in crontab.entries {
            let words = entry.commandText.split(
                maxSplits: 2,
                whereSeparator: { $0 == " " || $0 == "\t" }
            )
            guard words.count > 1, Crontab.canBeUser(String(words[0])) else { return }
            let (word, next) = (String(words[0]), String(words[1]))
            // A program that is named like a user is a program where options or files follow.
            let isUser = host.home(word) != nil && !host.isProgram(word)
            if isUser { continue }
            isCertain = false
            let isCommand =
                "/[({".contains(next.first ?? " ") || Self.shellWords.contains(next)
                || host.isProgram(next) || (next.first?.isLetter == true && next.contains("="))
            guard !host.isProgram(word), !Self.shellWords.contains(word), isCommand else { return }
        }
        guard let first = crontab.entries.first else { return }
        let word = String(first.commandText.prefix { $0 != " " && $0 != "\t" })
        self = isCertain ? .certain(word) : .likely(word)
    }

    /// What a shell knows by itself, XCU 2.4 and 2.14, and what is read as no program's name above.
    package static let shellWords: Set<String> = [
        ".", "source", "cd", "exec", "eval", "export", "if", "for", "while", "until", "case", "set",
        "time", "umask", "ulimit", "trap", "command", "echo", "printf", "test", "sleep", "exit",
        "python", "python2", "python3", "php", "ruby", "node", "java", "perl", "bash", "zsh", "ksh",
        "docker", "podman", "flock", "nice", "ionice", "timeout", "env", "sudo", "rsync", "curl",
        "wget",
    ]
}
