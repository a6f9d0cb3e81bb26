import Foundation
import TestSupport
import Testing

/// All end-to-end tests, one after the other: they share the machine with the other suites.
@Suite(.serialized) struct EndToEnd {}

/// A folder of a test's own with a state folder in it, in which the built `flower` is run.
final class Sandbox {
    private let folder: TemporaryFolder
    private var programs = 0

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: home,
            withIntermediateDirectories: false
        )
    }

    var path: String { folder.path }
    var state: String { path + "/state" }
    private var home: String { path + "/home" }

    /// The folder of the built products: that of the test bundle.
    static let products: String = {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((link ?? "") as NSString).deletingLastPathComponent
    }()

    static let flower = products + "/flower"

    /// The top of the package.
    static let package = #filePath.split(separator: "/").dropLast(3)
        .reduce("") { $0 + "/" + $1 }

    /// What every program sees, and nothing of the test's own environment.
    private func environment(_ more: [String: String]) -> [String: String] {
        [
            "FLOWER_STATE": state, "HOME": home, "LANG": "C.UTF-8",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "flower": Self.flower,
        ].merging(more) { _, new in new }
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    func text(of name: String) throws -> String {
        let data = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
        return String(decoding: data, as: UTF8.self)
    }

    func channel(_ name: String) throws -> Channel {
        try Channel(at: path + "/" + name)
    }

    /// Starts any program; its working directory is the sandbox.
    func start(
        _ words: [String],
        environment more: [String: String] = [:],
        output: Channel? = nil
    ) throws -> Program {
        programs += 1
        return try Program(
            words,
            environment: environment(more),
            folder: path,
            transcript: "\(path)/.program-\(programs)",
            output: output
        )
    }

    func startFlower(_ arguments: String..., output: Channel? = nil) throws -> Program {
        try start([Self.flower] + arguments, output: output)
    }

    /// Runs `flower` to its end.
    func flower(
        _ arguments: String...,
        environment: [String: String] = [:]
    ) async throws -> Ending {
        try await start([Self.flower] + arguments, environment: environment).ended()
    }

    /// Runs `flower`, which is to succeed; what it printed.
    @discardableResult
    func succeed(_ arguments: String...) async throws -> String {
        let ending = try await start([Self.flower] + arguments).ended()
        try #require(ending.code == 0, "flower \(arguments): \(ending)")
        return ending.output
    }

    /// Runs a script of sh(1); `$flower` is the program.
    func shell(_ script: String, environment: [String: String] = [:]) async throws -> Ending {
        try await start(["/bin/sh", "-c", script], environment: environment).ended()
    }

    /// sqlite3(1) on the database, as a person would use it; the output without the last newline.
    @discardableResult
    func sqlite(_ sql: String) async throws -> String {
        let ending = try await trySQLite(sql)
        try #require(ending.code == 0, "\(sql): \(ending)")
        return String(ending.output.reversed().drop { $0 == "\n" }.reversed())
    }

    func trySQLite(_ sql: String) async throws -> Ending {
        let words = ["-init", "/dev/null", "-cmd", ".timeout 5000", "\(state)/flower.db", sql]
        return try await start(["/usr/bin/sqlite3"] + words).ended()
    }
}

/// `flower status -o json` and the elements of `flower runs -o json`.
struct RunReport: Decodable {
    struct Task: Decodable {
        let name: String
        let state: String
        let tail: [String]
        let attempts: [Attempt]
    }

    struct Attempt: Decodable {
        let number: Int
        let outcome: String?
        let exitCode: Int?
        let pid: pid_t?
    }

    let run: Int
    let flow: String
    let state: String
    let origin: String
    let dueAt: String?
    let parameters: [String: String]
    let tasks: [Task]?

    func task(_ name: String) throws -> Task {
        try #require(tasks?.first { $0.name == name })
    }

    /// The state of each task.
    var states: [String: String] {
        Dictionary(uniqueKeysWithValues: (tasks ?? []).map { ($0.name, $0.state) })
    }

    /// How many attempts each task has had.
    var attempts: [String: Int] {
        Dictionary(uniqueKeysWithValues: (tasks ?? []).map { ($0.name, $0.attempts.count) })
    }
}

extension Sandbox {
    func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(text.utf8))
    }

    func status(_ run: Int) async throws -> RunReport {
        try decode(RunReport.self, try await succeed("status", "\(run)", "-o", "json"))
    }

    func runs() async throws -> [RunReport] {
        try decode([RunReport].self, try await succeed("runs", "-o", "json"))
    }
}

/// What a host may not allow, and which tests are left out then, said in one loud line.
enum Host {
    /// Mounting in a namespace of one's own, unshare(1): full and read-only disks need it. A host
    /// that must have it says so: `FLOWER_REQUIRE=mounts`.
    static let canMount = can(
        "unshare -m mount -t tmpfs none /mnt",
        "disks that are full or read-only CANNOT BE TESTED: no mounts",
        required: "mounts"
    )

    /// Disks of its own, in files, that can be made to fail: `FLOWER_REQUIRE=disks`.
    static let canUseDisks = can(
        """
        image=$(mktemp) && truncate -s 8m "$image" && mkfs.ext4 -q -F "$image" \\
          && unshare -m sh -c 'mount -o loop "$0" /mnt && findmnt -n -o SOURCE /mnt' "$image" \\
          && [ -d /sys/fs/ext4 ] && command -v python3 e2fsck; code=$?; rm -f "$image"; exit $code
        """,
        "disks that fail CANNOT BE TESTED: no mkfs.ext4 or no loop devices",
        required: "disks"
    )

    /// strace(1), which a host may forbid.
    static let canTrace = can(
        "strace -f -e trace=none true",
        "what the kernel is asked for CANNOT BE TESTED: no strace",
        required: "traces"
    )

    private static func can(_ command: String, _ lack: String, required name: String) -> Bool {
        if system("{ \(command); } > /dev/null 2>&1") == 0 { return true }
        print("!!! END-TO-END TESTS: \(lack) !!!")
        let required = ProcessInfo.processInfo.environment["FLOWER_REQUIRE"] ?? ""
        return required.split(separator: ",").contains(Substring(name))
    }

    /// Words before a command that take root's power to pass over permissions.
    static var powerless: [String] {
        geteuid() == 0 ? ["/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all"] : []
    }
}
