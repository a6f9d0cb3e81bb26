import Foundation
import Glibc
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// What counts is what a path leads to, however it comes to lead there.
extension FlowFolderTests {
    private func path(_ name: String) -> String { "\(temporary.path)/\(name)" }

    private func make(_ folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: path(folder),
            withIntermediateDirectories: true
        )
    }

    private func put(_ text: String, at name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }

    /// Makes a link in the place of whatever is there, as one step.
    private func link(_ name: String, to target: String) throws {
        try #require(symlink(target, path(name) + ".new") == 0)
        try #require(rename(path(name) + ".new", path(name)) == 0)
    }

    @Test func `a ConfigMap of Kubernetes that is switched is applied`() throws {
        try make("flows/..v1")
        try put(Self.flow("a"), at: "flows/..v1/a.yaml")
        try link("flows/..data", to: "..v1")
        try link("flows/a.yaml", to: "..data/a.yaml")
        #expect(try apply() == ["a.yaml: flow 'a' added"])
        for (number, hour) in [(2, 4), (3, 5)] {
            try make("flows/..v\(number)")
            try put(Self.flow("a", cron: "0 \(hour) * * *"), at: "flows/..v\(number)/a.yaml")
            #expect(try apply() == [])
            try link("flows/..data", to: "..v\(number)")
            #expect(try apply() == ["a.yaml: flow 'a' changed"])
            #expect(try store.schedules().map(\.cron) == ["0 \(hour) * * *"])
            try FileManager.default.removeItem(atPath: path("flows/..v\(number - 1)"))
            #expect(try apply() == [])
        }
    }

    @Test func `a file that a link leads to is edited, replaced, gone and back`() throws {
        try make("far/away")
        try put(Self.flow("a"), at: "far/away/x.yaml")
        try link("far/near", to: "away/x.yaml")
        try link("flows/a.yaml", to: path("far/near"))
        #expect(try apply() == ["a.yaml: flow 'a' added"])
        try put(Self.flow("a", cron: "0 4 * * *"), at: "far/away/x.yaml")
        #expect(try apply() == ["a.yaml: flow 'a' changed"])
        try put(Self.flow("a", cron: "0 5 * * *"), at: "far/away/y.yaml")
        try #require(rename(path("far/away/y.yaml"), path("far/away/x.yaml")) == 0)
        #expect(try apply() == ["a.yaml: flow 'a' changed"])
        try put(Self.flow("a", cron: "0 6 * * *"), at: "far/z.yaml")
        try link("far/near", to: "z.yaml")
        #expect(try apply() == ["a.yaml: flow 'a' changed"])
        try #require(unlink(path("far/z.yaml")) == 0)
        #expect(
            try apply().map { $0.contains("is a link to a file that does not exist") } == [true]
        )
        #expect(try names == ["a"])
        try put(Self.flow("a", cron: "0 7 * * *"), at: "far/z.yaml")
        #expect(try apply() == ["a.yaml: flow 'a' changed", "a.yaml is no longer refused"])
    }

    @Test func `a link into a folder that comes later is followed when that is there`() throws {
        try link("flows/a.yaml", to: path("late/deep/a.yaml"))
        #expect(try apply().count == 1)
        try make("late")
        #expect(try apply() == [])
        try make("late/deep")
        #expect(try apply() == [])
        try put(Self.flow("a"), at: "late/deep/a.yaml")
        #expect(try apply() == ["a.yaml: flow 'a' added", "a.yaml is no longer refused"])
    }

    @Test func `a folder that is a link is what it leads to now`() throws {
        try make("releases/1")
        try make("releases/2")
        try put(Self.flow("a"), at: "releases/1/a.yaml")
        try put(Self.flow("old"), at: "releases/1/old.yaml")
        try put(Self.flow("a", cron: "0 4 * * *"), at: "releases/2/a.yaml")
        try link("current", to: "releases/1")
        let folder = try Self.watch(path("current"), store)
        var told: [String] = []
        func apply() throws -> [String] {
            told = []
            folder.takeNote()
            _ = try folder.apply(at: now, report: { told.append($0.text) }, between: {})
            return told.map { $0.replacing(folder.path + "/", with: "") }
        }
        #expect(try apply() == ["a.yaml: flow 'a' added", "old.yaml: flow 'old' added"])
        try link("current", to: "releases/2")
        #expect(
            try apply() == [
                "a.yaml: flow 'a' changed", "flow 'old' removed: no file declares it",
            ]
        )
        try put(Self.flow("new"), at: "releases/1/new.yaml")
        #expect(try apply() == [])
        try put(Self.flow("new"), at: "releases/2/new.yaml")
        #expect(try apply() == ["new.yaml: flow 'new' added"])
        #expect(try store.sourceFiles(in: folder.path).count == 2)
        // A version before this one knew the files by where the link led.
        let direct = try Self.watch(path("releases/2"), store)
        _ = try direct.apply(at: now, report: { _ in }, between: {})
        #expect(try store.sourceFiles(in: direct.path).count == 2)
        let again = try Self.watch(path("current"), store)
        _ = try again.apply(at: now, report: { told.append($0.text) }, between: {})
        #expect(told == ["new.yaml: flow 'new' added"].map { "\(folder.path)/\($0)" })
        #expect(try store.sourceFiles(in: direct.path).isEmpty)
        #expect(try names == ["a", "new"])
    }

    @Test func `what a file refers to is looked for where it leads to`() throws {
        try make("days/1")
        try make("days/2")
        let flow = """
            flow: a
            schedules: [{cron: "0 3 * * *", except: [{file: \(path("days/now/free.txt"))}]}]
            environment_file: \(path("days/now/app.env"))
            tasks: {only: {run: 'true'}}
            """
        try write("a.yaml", flow)
        #expect(try apply().map { $0.hasPrefix("a.yaml is refused:") } == [true])
        try put("2026-12-24\n", at: "days/1/free.txt")
        try put("A=1\n", at: "days/1/app.env")
        try link("days/now", to: "1")
        #expect(try apply() == ["a.yaml: flow 'a' added", "a.yaml is no longer refused"])
        try put("2026-12-25\n", at: "days/2/free.txt")
        try put("A=2\n", at: "days/2/app.env")
        try link("days/now", to: "2")
        #expect(try apply() == ["a.yaml: flow 'a' changed"])
        #expect(try store.schedules().map(\.timing.exceptions) == [[.date("2026-12-25")]])
        // Each launch reads it: what is wrong with it is told when it comes.
        try put("1 = wrong\n", at: "days/2/app.env")
        #expect(try apply().map { $0.contains("what it said before stays") } == [true])
        try put("A=3\n", at: "days/2/app.env")
        #expect(try apply() == ["a.yaml is no longer refused"])
    }

    @Test func `what the kernel tells nobody is found by a look`() throws {
        try write("a.yaml", Self.flow("a"))
        try apply()
        #expect(folder.sweep() == (false, false))
        // Through another name it is told in another folder.
        try make("elsewhere")
        try #require(Glibc.link(path("flows/a.yaml"), path("elsewhere/a.yaml")) == 0)
        let handle = open(path("elsewhere/a.yaml"), O_WRONLY | O_TRUNC)
        try #require(handle >= 0)
        let bytes = Array(Self.flow("a", cron: "0 4 * * *").utf8)
        try #require(Glibc.write(handle, bytes, bytes.count) == bytes.count)
        close(handle)
        #expect(try apply() == [])
        // Somebody may be writing it still.
        #expect(folder.sweep() == (false, true))
        var times = [timeval(tv_sec: 1_000, tv_usec: 0), timeval(tv_sec: 1_000, tv_usec: 0)]
        try #require(utimes(path("elsewhere/a.yaml"), &times) == 0)
        #expect(folder.sweep() == (true, false))
        #expect(try apply() == ["a.yaml: flow 'a' changed"])
        #expect(folder.sweep() == (false, false))
    }

    @Test func `what is refused is looked at again, and told and written once`() throws {
        try write("a.yaml", "flow: a\n")
        #expect(try apply().count == 1)
        let seenAt = "SELECT seen_at_ms FROM source_file"
        try shell("UPDATE source_file SET seen_at_ms = 7")
        #expect(folder.sweep().isAny)
        #expect(try apply() == [])
        try shell("CREATE TEMP TABLE t (x CHECK (x = 7)); INSERT INTO t \(seenAt)")
    }

    @Test func `a change of mode makes no half of a file whole`() throws {
        try write("bad.yaml", "flow: bad\n")
        try apply()
        let handle = open(path("flows/a.yaml"), O_WRONLY | O_CREAT, 0o600)
        try #require(handle >= 0)
        let half = Array(Self.flow("a").utf8)
        try #require(Glibc.write(handle, half, half.count) == half.count)
        #expect(try apply() == [])
        try #require(fchmod(handle, 0o644) == 0)
        #expect(try apply() == [])
        close(handle)
        #expect(try apply() == ["a.yaml: flow 'a' added"])
    }
}

/// A folder over which something is mounted, as a container's: each thread may have mounts of its own.
extension FlowFolderTests {
    /// mount_namespaces(7) asks for root.
    private static let mayMount = geteuid() == 0

    @Test(.enabled(if: mayMount))
    func `what is mounted over the folder, and over that again, is applied`() async throws {
        // Nobody else has it meanwhile.
        nonisolated(unsafe) let tests = self
        let failure: (any Error)? = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try tests.mountTwice()
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
        if let failure { throw failure }
    }

    /// Of mount(2) and unshare(2).
    private enum MountFlag {
        static let ownNamespace: Int32 = 0x2_0000
        static let bind: UInt = 0x1000
        static let allPrivate: UInt = 0x4_4000
    }

    private func mountTwice() throws {
        // Swift's overlay of glibc lacks it.
        typealias Unshare = @convention(c) (Int32) -> Int32
        let unshare = unsafeBitCast(try #require(dlsym(nil, "unshare")), to: Unshare.self)
        try #require(unshare(MountFlag.ownNamespace) == 0)
        try #require(mount("none", "/", nil, MountFlag.allPrivate, nil) == 0)
        try #require(try apply() == [])
        for (number, hour) in [(1, 3), (2, 4), (3, 5)] {
            try make("v\(number)")
            try put(Self.flow("a", cron: "0 \(hour) * * *"), at: "v\(number)/a.yaml")
            var times = [timeval(tv_sec: 1_000, tv_usec: 0), timeval(tv_sec: 1_000, tv_usec: 0)]
            try #require(utimes(path("v\(number)/a.yaml"), &times) == 0)
            let source = path("v\(number)")
            try #require(mount(source, path("flows"), nil, MountFlag.bind, nil) == 0)
            // The kernel tells nobody of a mount; once a minute it is looked for.
            try #require(folder.sweep().isAny)
            let told = number == 1 ? "added" : "changed"
            try #require(try apply() == ["a.yaml: flow 'a' \(told)"])
            try #require(try store.schedules().map(\.cron) == ["0 \(hour) * * *"])
            // From then on it tells of what lies there.
            try put(Self.flow("a", cron: "9 \(hour) * * *"), at: "v\(number)/a.yaml")
            try #require(try apply() == ["a.yaml: flow 'a' changed"])
        }
        // Back to what was mounted before, and not only just written.
        var times = [timeval(tv_sec: 2_000, tv_usec: 0), timeval(tv_sec: 2_000, tv_usec: 0)]
        try #require(utimes(path("v2/a.yaml"), &times) == 0)
        try #require(umount(path("flows")) == 0)
        try #require(folder.sweep().isAny)
        try #require(try apply() == ["a.yaml: flow 'a' changed"])
        try #require(try store.schedules().map(\.cron) == ["9 4 * * *"])
    }
}
