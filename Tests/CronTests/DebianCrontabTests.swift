import Glibc
import Testing

@testable import Cron

/// The cron lines that Debian 12 packages install, one file for each package, comments left out.
@Suite struct DebianCrontabTests {
    static let packages = [
        "amavisd-new", "anacron", "awstats", "backupninja", "cacti", "certbot", "cron", "cron-apt",
        "e2fsprogs", "ganeti", "inn2", "leafnode", "logcheck", "mailman3", "mailman3-web", "mdadm",
        "munin", "munin-node", "ntpsec", "php-common", "roundcube-core", "sysstat", "tiger",
    ]

    private func crontab(of package: String) throws -> (text: String, crontab: Crontab) {
        let folder = String(#filePath.prefix(upTo: try #require(#filePath.lastIndex(of: "/"))))
        let file = try #require(fopen("\(folder)/DebianCrontabs/\(package).crontab", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return (String(decoding: bytes, as: UTF8.self), Crontab(bytes, form: .system))
    }

    @Test(arguments: packages)
    func `every line of the package is read`(package: String) throws {
        let (text, crontab) = try crontab(of: package)
        let lines = text.split(separator: "\n")
        #expect(crontab.diagnostics.isEmpty)
        #expect(crontab.entries.count + crontab.assignments.count == lines.count)
        #expect(crontab.entries.allSatisfy { $0.user?.isEmpty == false && $0.input == nil })
    }

    @Test(arguments: packages)
    func `written again it reads the same`(package: String) throws {
        let crontab = try crontab(of: package).crontab
        let again = Crontab(crontab.canonicalText, form: .system)
        #expect(again.entries.map(\.schedule) == crontab.entries.map(\.schedule))
        #expect(again.entries.map(\.commandText) == crontab.entries.map(\.commandText))
        #expect(again.entries.map(\.user) == crontab.entries.map(\.user))
        let values = crontab.assignments.map { [$0.name, $0.value] }
        #expect(again.assignments.map { [$0.name, $0.value] } == values)
        #expect(again.canonicalText == crontab.canonicalText)
    }

    @Test func `an escaped percent sign reaches the shell as one`() throws {
        let entry = try #require(try crontab(of: "mdadm").crontab.entries.first)
        #expect(entry.command.contains("[ $(date +%d) -le 7 ]"))
        #expect(entry.flowName(stem: "mdadm").hasPrefix("mdadm.checkarray-"))
    }
}
