import Foundation
import Glibc
import TestSupport
import Testing

@testable import HostFiles

/// To make files of other users takes root; the rule for other users is the same for whoever asks.
@Suite(.enabled(if: geteuid() == 0)) struct FileTrustTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try shell(
            "mkdir -p flows/v1 other; echo x > flows/f; echo x > flows/v1/f; echo x > other/f"
        )
    }

    /// With umask 022, in the test's folder.
    func shell(_ script: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.arguments = ["-euc", "umask 022; \(script)"]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    /// What is wrong with `flows/f`, or the named file; the test's folder left out.
    func fault(_ user: uid_t, _ name: String = "flows/f") -> String? {
        do throws(FileTrust.Fault) {
            try FileTrust(user: user).check("\(folder.path)/\(name)")
            return nil
        } catch {
            let text = "\(error.message): \(error.hint)"
            return text.replacing(folder.path + "/", with: "")
        }
    }

    @Test(arguments: [
        ("true", nil),
        // What it is that cannot be read is for its reader to say.
        ("rm flows/f", nil), ("rm flows/f; mkdir flows/f", nil),
        ("rm flows/f; ln -s f flows/f", nil),
        (
            "chown 4711 flows/f",
            "is owned by user 4711, and root does nothing that others may change"
        ),
        ("chgrp 4711 flows/f; chmod 640 flows/f", nil),
        ("chgrp 4711 flows/f; chmod 664 flows/f", "may be written by group 4711 (mode 0664), and"),
        ("chmod 664 flows/f", "may be written by group 'root' (mode 0664), and root does nothing"),
        (
            "chmod 666 flows/f",
            "(mode 0666), and root does nothing that others may change: chmod go-w"
        ),
        ("chown 4711 flows", "lies in flows, which is owned by user 4711, and root does nothing"),
        ("chmod 775 flows", "lies in flows, which group 'root' may write to (mode 0775), and root"),
        ("chmod 777 flows", "lies in flows, which everybody may write to (mode 0777), and root"),
        // Others cannot take root's file away, but link another of root's there.
        ("chmod 1777 flows", "lies in flows, which everybody may write to (mode 1777), and root"),
        // As /tmp has it, in which this folder lies.
        ("chmod 1777 flows; rm flows/f; mv other flows/f", nil),
        // A ConfigMap.
        ("ln -sf ..data/f flows/f; ln -s v1 flows/..data", nil),
        ("ln -sf ..data/f flows/f; ln -s v1 flows/..data; chmod 666 flows/v1/f", "(mode 0666)"),
        ("ln -sf ../other/f flows/f", nil),
        ("ln -sf ../other/f flows/f; chmod 777 other", "lies in other, which everybody may write"),
        ("ln -sf ../other/f flows/f; chmod 777 flows", "lies in flows, which everybody may write"),
        ("ln -sf $PWD/other/f flows/f; chown 4711 other/f", "is owned by user 4711"),
        (
            "mv flows/f other/g; ln -s ../other/l flows/f; ln -s g other/l; chown 4711 other",
            "lies in other"
        ),
    ])
    func `what root carries out nobody else may change`(script: String, expected: String?) throws {
        try shell(script)
        let fault = fault(0)
        if let expected {
            #expect(fault?.contains(expected) == true, "\(script): \(fault ?? "trusted")")
        } else {
            #expect(fault == nil, "\(script)")
        }
    }

    @Test func `folders above are looked at, up to the root`() throws {
        try shell("mkdir -p a/b/c; echo x > a/b/c/f")
        #expect(fault(0, "a/b/c/f") == nil)
        try shell("chmod 777 a")
        #expect(fault(0, "a/b/c/f")?.hasPrefix("lies in a, which everybody may write to") == true)
        // Nobody but root can exchange a folder of root's in it.
        try shell("chmod 1777 a")
        #expect(fault(0, "a/b/c/f") == nil)
        #expect(fault(0, "a/b/../b/./c/f") == nil)
        try shell("chown 4711 a/b")
        #expect(fault(0, "a/b/c/f")?.hasPrefix("lies in a/b, which is owned by user 4711") == true)
    }

    @Test(arguments: [
        ("true", nil), ("chown 4711 flows/f", nil), ("chown 4711 flows flows/f", nil),
        ("chmod 664 flows/f; chmod 777 flows", nil),
        (
            "chown 4712 flows/f",
            "is owned by user 4712, and user 4711 does what files say that are its own or root's"
        ),
        ("chmod 666 flows/f", "may be written by everybody (mode 0666): chmod o-w flows/f"),
        ("ln -sf ../other/f flows/f; chown 4712 other/f", "is owned by user 4712"),
    ])
    func `another user carries out its own files and root's`(
        script: String,
        expected: String?
    ) throws {
        try shell(script)
        let fault = fault(4711)
        if let expected {
            #expect(fault?.hasPrefix(expected) == true, "\(script): \(fault ?? "trusted")")
        } else {
            #expect(fault == nil, "\(script)")
        }
    }
}
