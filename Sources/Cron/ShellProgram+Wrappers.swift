/// How the words of a program that runs another are told from the other's: the same option takes a value for one,
/// and none for the next (`nice -n 5`, `flock -n`). By their man pages.
extension ShellProgram {
    struct Wrapper {
        /// Words of its own before the program.
        var positions = 0
        /// Options that take the next word.
        var valued: Set<String> = []
        /// Options whose next word is a command for a shell.
        var texts: Set<String> = []
        /// An option in whose presence there are no words of its own.
        var instead: String?
    }

    struct Interpreter {
        var isShell = false
        var valued: Set<String> = []
        /// Options whose next word is a program's text.
        var texts: Set<String> = []
        /// Options whose next word names the program.
        var files: Set<String> = []
    }

    static let wrappers: [String: Wrapper] = [
        "builtin": Wrapper(), "busybox": Wrapper(), "chronic": Wrapper(), "command": Wrapper(),
        "cronic": Wrapper(), "lockrun": Wrapper(), "nohup": Wrapper(), "run-one": Wrapper(),
        "setsid": Wrapper(), "systemd-inhibit": Wrapper(), "unbuffer": Wrapper(),
        "chroot": Wrapper(positions: 1),
        "chrt": Wrapper(positions: 1, valued: ["-T", "-P", "-D"]),
        "env": Wrapper(valued: ["-u", "-C", "--unset", "--chdir"], texts: ["-S"]),
        "exec": Wrapper(valued: ["-a"]),
        "flock": Wrapper(
            positions: 1,
            valued: ["-w", "-E", "--wait", "--timeout", "--conflict-exit-code"],
            texts: ["-c", "--command"]
        ),
        "ionice": Wrapper(valued: ["-c", "-n", "--class", "--classdata"]),
        "lckdo": Wrapper(positions: 1, valued: ["-W", "-E"]),
        "nice": Wrapper(valued: ["-n", "--adjustment"]),
        "run-parts": Wrapper(valued: ["-a", "-u", "--arg", "--umask"]),
        "runuser": Wrapper(
            positions: 1,
            valued: ["-u", "-g", "-G", "-s", "-w", "--user", "--group", "--shell"],
            texts: ["-c", "--command"],
            instead: "-u"
        ),
        "setlock": Wrapper(positions: 1),
        "setpriv": Wrapper(valued: ["--reuid", "--regid", "--groups", "--ruid", "--euid"]),
        "stdbuf": Wrapper(valued: ["-i", "-o", "-e"]),
        "su": Wrapper(
            positions: 1,
            valued: ["-g", "-G", "-s", "-w", "--group", "--shell"],
            texts: ["-c", "--command"]
        ),
        "sudo": Wrapper(
            valued: [
                "-u", "-g", "-p", "-C", "-D", "-h", "-r", "-t", "-T", "-U", "--user", "--group",
            ]
        ),
        "systemd-cat": Wrapper(valued: ["-t", "-p", "--identifier", "--priority"]),
        "systemd-run": Wrapper(valued: ["-u", "-p", "-E", "-M", "--unit", "--property", "--setenv"]
        ),
        "taskset": Wrapper(positions: 1),
        "timeout": Wrapper(positions: 1, valued: ["-s", "-k", "--signal", "--kill-after"]),
        "xargs": Wrapper(valued: ["-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s"]),
    ]

    private static let shell = Interpreter(isShell: true, valued: ["-o", "+o", "-O", "--rcfile"])

    /// By what stands before a version: `python3.11`.
    static let interpreters: [String: Interpreter] = [
        "ash": shell, "bash": shell, "dash": shell, "ksh": shell, "sh": shell, "zsh": shell,
        "java": Interpreter(valued: ["-cp", "-classpath", "--class-path"], files: ["-jar"]),
        "lua": Interpreter(valued: ["-l"], texts: ["-e"]),
        "node": Interpreter(
            valued: ["-r", "--require"],
            texts: ["-e", "-p", "--eval", "--print"]
        ),
        "nodejs": Interpreter(valued: ["-r", "--require"], texts: ["-e", "-p"]),
        "perl": Interpreter(valued: ["-I"], texts: ["-e", "-E"]),
        "php": Interpreter(valued: ["-c", "-d", "-z"], texts: ["-r"], files: ["-f"]),
        "pypy": Interpreter(valued: ["-W", "-X"], texts: ["-c"], files: ["-m"]),
        "python": Interpreter(valued: ["-W", "-X"], texts: ["-c"], files: ["-m"]),
        "Rscript": Interpreter(texts: ["-e"]),
        "ruby": Interpreter(valued: ["-C", "-I", "-r"], texts: ["-e"]),
        "tclsh": Interpreter(),
    ]
}
