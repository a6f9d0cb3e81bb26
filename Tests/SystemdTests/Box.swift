import Foundation
import Testing

/// Tests on a real systemd with a real journald (Tests/Support/systemd-box.sh), one box after the other.
@Suite(.serialized) struct OnSystemd {}

/// A machine that runs systemd, for the time of one script.
struct Box {
    struct Ending {
        let code: Int32
        let output: String

        /// What the script said of `name` in a line `name=value`.
        subscript(name: String) -> String? {
            output.split(separator: "\n").first { $0.hasPrefix(name + "=") }
                .map { String($0.dropFirst(name.utf8.count + 1)) }
        }
    }

    /// Whether this host can have one; said in one loud line where not. A host that must have it says
    /// so: `FLOWER_REQUIRE=systemd`.
    static let isPossible: Bool = {
        let ending = try? Box().boot(["true"])
        if ending?.code == 0 { return true }
        print(
            "!!! NO SYSTEMD BOX: THE TESTS ON A REAL SYSTEMD ARE LEFT OUT: \(ending?.output ?? "") !!!"
        )
        let required = ProcessInfo.processInfo.environment["FLOWER_REQUIRE"] ?? ""
        return required.split(separator: ",").contains("systemd")
    }()

    /// Whether what takes two minutes is to take them: `FLOWER_LONG=1`. Otherwise it takes seconds, with
    /// a shorter watchdog.
    static let isLong = ProcessInfo.processInfo.environment["FLOWER_LONG"] == "1"

    /// The top of the package.
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    /// The folder of the built products: that of the test bundle.
    static let products: String = {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((link ?? "") as NSString).deletingLastPathComponent
    }()

    /// What `make install` makes of this tree, with the program under test; beside that.
    private static let stage = Result { () throws -> String in
        let folder = products + "/systemd-stage"
        try? FileManager.default.removeItem(atPath: folder)  // of an earlier run, if there is one
        try make("install", into: folder)
        return folder
    }

    static func make(_ target: String, into folder: String) throws {
        let make = Process()
        make.executableURL = URL(fileURLWithPath: "/usr/bin/make")
        make.currentDirectoryURL = URL(fileURLWithPath: package)
        make.arguments = [
            target, "BINARY=\(products)/flower", "PREFIX=/usr", "DESTDIR=\(folder)",
        ]
        make.standardOutput = FileHandle.nullDevice
        try make.run()
        make.waitUntilExit()
        try #require(make.terminationStatus == 0)
    }

    /// `box/faults.c` as a library to preload.
    static let faults = Result { () throws -> String in
        let library = products + "/systemd-faults.so"
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = [
            "clang", "-shared", "-fPIC", "-o", library,
            package + "/Tests/SystemdTests/box/faults.c",
        ]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        return library
    }

    /// Keeps what is written, for a box after this.
    var disk: String?
    var seconds = 60
    /// Without what `make install` puts in place.
    var isBare = false
    /// Further options of the box.
    var options: [String] = []

    /// Runs a script of bash(1) as root, after `box/prelude.sh`.
    ///
    /// - Parameter plug: a line of its output at which the machine goes dark.
    func run(_ script: String, pullingThePlugAt plug: String? = nil) throws -> Ending {
        let stage = try Self.stage.get()
        let here = Self.package + "/Tests/SystemdTests/box"
        return try boot(
            ["bash", "-c", "bare=\(isBare ? "yes" : "")\n. /box/prelude.sh\n" + script],
            options: ["--bind", "\(stage):/stage", "--bind", "\(here):/box"],
            plug: plug
        )
    }

    /// The same; a script that fails is the test's failure.
    func succeed(_ script: String) throws -> Ending {
        let ending = try run(script)
        try #require(ending.code == 0, "\(ending.code): \(ending.output)")
        return ending
    }

    func boot(
        _ command: [String],
        options: [String] = [],
        plug: String? = nil
    ) throws -> Ending {
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: Self.package + "/Tests/Support/systemd-box.sh"
        )
        var words = ["--timeout", String(seconds)] + self.options + options
        if let disk { words += ["--disk", disk] }
        process.arguments = words + command
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        // To its end, which is that of all processes in the box, also where it is killed.
        var output = ""
        while true {
            let block = pipe.fileHandleForReading.availableData
            guard !block.isEmpty else { break }
            output += String(decoding: block, as: UTF8.self)
            if let plug, output.hasSuffix(plug + "\n") {
                kill(process.processIdentifier, SIGKILL)
            }
        }
        process.waitUntilExit()
        return Ending(code: process.terminationStatus, output: output)
    }
}
