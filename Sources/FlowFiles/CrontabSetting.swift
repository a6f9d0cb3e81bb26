import Cron
import Flows

/// All that a run of a crontab's line depends on: lines that differ in it are different flows.
package struct CrontabSetting: Sendable, Equatable {
    package let command: String
    /// What the command reads.
    package let input: String
    /// Who runs it in cron; `nil` = the runner itself.
    package let user: String?
    fileprivate let world: World

    package var shell: String { world.shell }
    /// Where the command starts.
    package var folder: String { world.folder }
    /// As texts, in the order of the file; what cron sets where the file does not stands first.
    package var variables: [Variable] { world.implied + world.assigned }
    /// Who gets a mail when it fails.
    package var addresses: [String] { world.addresses }

    /// What the assignments above a line make of its world.
    fileprivate struct World: Sendable, Equatable {
        var assigned: [Variable] = []
        var implied: [Variable] = []
        var addresses: [String] = []
        var shell = "/bin/sh"
        var folder: String

        /// - Parameter home: of who runs it in cron; `isGiven`: it is not the runner's own.
        init(_ assignments: [Crontab.Assignment], home: String, isGiven: Bool) {
            folder = home
            for assignment in assignments {
                let (name, value) = (assignment.name, assignment.value)
                if ["", "CRON_TZ", "LOGNAME"].contains(name) { continue }
                if name == "SHELL", !value.isEmpty { shell = value }
                if name == "MAILTO" { addresses = MailTo(value).addresses }
                if name == "HOME", !value.isEmpty { folder = Path.absolute(value, in: home) }
                assigned.append(Variable(name, value))
            }
            let names = Set(assigned.map(\.name))
            // _PATH_DEFPATH of Debian's cron, whatever /etc/environment says; a task's has
            // /usr/local/bin before it.
            if !names.contains("PATH") { implied.append(Variable("PATH", "/usr/bin:/bin")) }
            if isGiven, !names.contains("HOME") { implied.append(Variable("HOME", home)) }
        }
    }

    /// What does not change with the lines' order, nor with who imports it.
    fileprivate var identity: [UInt8] {
        let variables = world.assigned.sorted { $0.name < $1.name }
        let texts = [command, input, user ?? ""] + variables.flatMap { [$0.name, $0.value] }
        return texts.flatMap { Array($0.utf8) + [0] }
    }
}

/// An entry of a crontab that does something, as a flow.
package struct CrontabJob: Sendable {
    package let entry: Crontab.Entry
    /// The flow's name.
    package let name: String
    package let setting: CrontabSetting
}

extension CrontabJob {
    /// One for each entry with a command, in the order of the file.
    ///
    /// An entry's flow is `<stem>.<program>-<6 hexadecimal digits of the command's FNV-1a>`: moving a line
    /// or changing its times keeps the flow and its history. Where a file has one command in several
    /// settings, the digits are of each one's setting, so that also there the order of lines counts for
    /// nothing.
    ///
    /// - Parameter owner: whose crontab it is, where it says nothing of it; `nil` = the runner's.
    package static func all(
        of crontab: Crontab,
        stem: String,
        owner: String?,
        on host: CrontabHost
    ) -> [CrontabJob] {
        var settings: [CrontabSetting] = []
        let entries = crontab.entries.filter { !$0.command.isEmpty }
        var last: (assignments: [Crontab.Assignment], user: String?, world: CrontabSetting.World)?
        for entry in entries {
            let named = entry.user ?? owner
            let user = named == host.runner ? nil : named
            // Most lines have the world of the line before them.
            if last == nil || last?.user != user || last?.assignments != entry.environment {
                let home = user.flatMap { host.home($0) } ?? host.runnerHome
                let world = CrontabSetting.World(
                    entry.environment,
                    home: home,
                    isGiven: user != nil
                )
                last = (entry.environment, user, world)
            }
            guard let world = last?.world else { continue }
            settings.append(
                CrontabSetting(
                    command: entry.command,
                    input: entry.input ?? "",
                    user: user,
                    world: world
                )
            )
        }
        let names = entries.map { $0.flowName(stem: stem) }
        var first: [String: CrontabSetting] = [:]
        var shared: Set<String> = []
        for (name, setting) in zip(names, settings)
        where first[name, default: setting] != setting || first[name] == nil {
            if first[name] == nil { first[name] = setting } else { shared.insert(name) }
        }
        return zip(entries, zip(names, settings)).map { entry, pair in
            let (name, setting) = pair
            guard shared.contains(name) else {
                return CrontabJob(entry: entry, name: name, setting: setting)
            }
            let own = name.dropLast(6) + Digest.text(setting.identity).prefix(6)
            return CrontabJob(entry: entry, name: String(own), setting: setting)
        }
    }
}
