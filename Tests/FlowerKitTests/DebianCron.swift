import Foundation

/// Debian's own cron and the crontabs of its packages, which `make` fetches.
enum DebianCron {
    static let folder =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        + "/.build-test/crontabs"

    static let cron = folder + "/cron"

    /// Whether they are here; a host that must have them says so: `FLOWER_REQUIRE=crontabs`.
    static let isThere = can(
        FileManager.default.isExecutableFile(atPath: cron + "/usr/bin/crontab"),
        "the crontabs of Debian's packages ARE NOT TESTED: 'make crontabs' fetches them",
        required: "crontabs"
    )

    /// Whether cron can be run in a namespace of its own: `FLOWER_REQUIRE=mounts`.
    static let canRun =
        isThere
        && can(
            geteuid() == 0 && run("/usr/bin/unshare", ["-m", "true"]).code == 0,
            "Debian's cron IS NOT RUN: no mounts",
            required: "mounts"
        )

    private static func can(_ isPossible: Bool, _ lack: String, required name: String) -> Bool {
        if isPossible { return true }
        print("!!! CRONTAB TESTS: \(lack) !!!")
        let required = ProcessInfo.processInfo.environment["FLOWER_REQUIRE"] ?? ""
        return required.split(separator: ",").contains(Substring(name))
    }

    static func run(_ program: String, _ arguments: [String]) -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch { return (-1, "\(error)") }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    /// A crontab of a package.
    struct File {
        /// Below `folder`.
        let name: String
        let text: String

        var path: String { folder + "/" + name }
        /// In `/etc`, where cron expects users; of the examples one is for there.
        var isSystem: Bool { name.contains("/etc/") || name.hasPrefix("dump/") }
    }

    static let files: [File] = {
        let found = FileManager.default.enumerator(atPath: folder)?.allObjects ?? []
        return found.compactMap { $0 as? String }.sorted().compactMap { name in
            if name.hasPrefix("cron/") || name.hasPrefix(".") { return nil }
            guard let data = FileManager.default.contents(atPath: folder + "/" + name) else {
                return nil
            }
            return File(name: name, text: String(decoding: data, as: UTF8.self))
        }
    }()

    /// Debian's parser: whether `crontab -n` takes it, as a user's.
    static func accepts(_ text: String) throws -> Bool {
        let path = NSTemporaryDirectory() + "/flower-\(UUID().uuidString).crontab"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        return run(cron + "/usr/bin/crontab", ["-n", path]).code == 0
    }

    /// What cron gave to a command.
    struct Start: Equatable {
        var user: String
        var folder: String
        var command: String
        var environment: [String: String]
        var input: String

        /// Of what `recorder` has written.
        init?(_ data: Data) {
            let lines = String(decoding: data, as: UTF8.self).split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            guard lines.count >= 5 else { return nil }
            func text(_ line: Substring) -> String {
                String(decoding: Data(base64Encoded: String(line)) ?? Data(), as: UTF8.self)
            }
            user = String(lines[0])
            folder = String(lines[1])
            command = text(lines[2])
            environment = [:]
            for pair in text(lines[3]).split(separator: "\0") {
                let parts = pair.split(
                    separator: "=",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                environment[String(parts[0])] = String(parts.last ?? "")
            }
            // The shell's own, and this test's.
            for name in ["PWD", "OLDPWD", "SHLVL", "_", "RECORD"] { environment[name] = nil }
            input = text(lines[4])
        }
    }

    /// Where it stands for cron.
    static let shell = "/run/recorder"

    /// Stands in the shell's place, `SHELL -c COMMAND`: nothing of a crontab is carried out, it is only
    /// recorded in the file `$RECORD`.
    static let recorder = """
        #!/bin/sh
        PATH=$PATH; export PATH
        env=$(/usr/bin/env -0 | /usr/bin/base64 -w0)
        { /usr/bin/id -un; pwd; printf %s "$2" | /usr/bin/base64 -w0; echo; echo "$env"
          /usr/bin/base64 -w0; echo; } > "$RECORD.part"
        /bin/mv "$RECORD.part" "$RECORD"

        """

    /// Runs cron with such files; `nil` where it does not start a command of theirs.
    ///
    /// - Parameters:
    ///   - system: files of cron.d by their names, `crontabs`: those of users. Each job is `@reboot` and has
    ///     its `RECORD=/mnt/NAME`.
    ///   - users: that the host may not have.
    static func starts(
        in stage: String,
        system: [String: String],
        crontabs: [String: String] = [:],
        users: Set<String> = [],
        environment: String? = nil
    ) throws -> [String: Start] {
        let manager = FileManager.default
        for (name, files) in [("cron.d", system), ("crontabs", crontabs)] {
            try manager.createDirectory(
                atPath: "\(stage)/\(name)",
                withIntermediateDirectories: true
            )
            for (file, text) in files {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(stage)/\(name)/\(file)"))
            }
        }
        try recorder.write(toFile: stage + "/recorder", atomically: true, encoding: .utf8)
        // Loaded with the others, and so started with them.
        try "@reboot root /usr/bin/touch /mnt/last\n".write(
            toFile: stage + "/cron.d/zz-last",
            atomically: true,
            encoding: .utf8
        )
        let lines = users.sorted().enumerated().compactMap { number, user in
            getpwnam(user) == nil ? "\(user):x:\(40_000 + number):65534::/tmp:/bin/sh\n" : nil
        }
        try lines.joined().write(toFile: stage + "/passwd", atomically: true, encoding: .utf8)
        if let environment {
            try environment.write(
                toFile: stage + "/environment",
                atomically: true,
                encoding: .utf8
            )
        }
        let script = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
        let (code, output) = run("/bin/sh", ["\(script)/Support/cron-box.sh", cron, stage])
        guard code == 0 else { throw Trouble(text: output) }
        var starts: [String: Start] = [:]
        for name in try manager.contentsOfDirectory(atPath: stage + "/out") {
            starts[name] = manager.contents(atPath: "\(stage)/out/\(name)").flatMap { Start($0) }
        }
        return starts
    }

    struct Trouble: Error { let text: String }
}
