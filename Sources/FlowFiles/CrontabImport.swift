import Cron
import Flows

/// What `flower import` makes of a crontab in either form, and all that it says of it: what `validate` says
/// of a `*.crontab` file, whether the form is the right one, and which comments are left behind.
package struct CrontabImport {
    /// The commands in the order in which they first stand in the file.
    package let commands: [CrontabCommandLines]
    /// By their places.
    package let diagnostics: [Diagnostic]

    /// - Parameters:
    ///   - isFormSaid: a person has said whether there is a user column.
    ///   - stem: of the file's name.
    ///   - owner: whose crontab it is, where its path says so; `nil` = the runner's, or each entry says it.
    package init(
        _ bytes: [UInt8],
        path: String,
        form: Crontab.Form,
        isFormSaid: Bool,
        stem: String,
        owner: String?,
        world: CrontabWorld
    ) {
        let findings = Findings(path: path)
        findings.source = SourceText(crontab: bytes)
        guard !CrontabReading.setsTooMuch(bytes, findings) else {
            commands = []
            diagnostics = findings.sorted
            return
        }
        let crontab = Crontab(bytes, form: form)
        if !isFormSaid { Self.checkForm(of: crontab, on: world.host, findings) }
        var world = world
        // Asked about once, not with each line.
        if form == .user, findings.faultCount > 0 { world.lint = world.lint?.withoutUsers }
        commands = CrontabReading(world: world, findings: findings)
            .commands(of: crontab, stem: stem, owner: owner)
        let last = crontab.entries.last { !$0.command.isEmpty }?.line ?? .max
        Self.tellComments(
            commands.flatMap(\.commentsLeftBehind) + crontab.comments.filter { $0.line > last },
            findings
        )
        diagnostics = findings.sorted
    }

    /// Those of a flow's lines that are too many, and those below the last line.
    private static func tellComments(_ comments: [Crontab.Comment], _ findings: Findings) {
        let comments = comments.filter { $0.text.contains { $0 != "#" } }
        guard let first = comments.min(by: { $0.line < $1.line }) else { return }
        let lines =
            comments.count == 1
            ? "this comment is" : "\(comments.count) lines of comment, from here on, are"
        findings.note(
            "\(lines) in no flow file: below the last command, or more than"
                + " \(CrontabCommandLines.commentLimit) above one",
            at: Place(line: first.line, column: first.column)
        )
    }

    /// A name tells too little of a crontab's form: what stands before the commands is looked at.
    private static func checkForm(
        of crontab: Crontab,
        on host: CrontabHost,
        _ findings: Findings
    ) {
        guard let first = crontab.entries.first else { return }
        let place = Place(line: first.line, column: first.column)
        switch crontab.form {
        case .user:
            let forms = "--form system if it is, --form user if it is a program"
            switch UserColumn(in: crontab, on: host) {
            case .none: break
            case .certain(let user):
                findings.fault(
                    "is '\(user)' the user that runs the command? each line has a user there",
                    at: place,
                    hint: forms
                )
            case .likely(let word):
                findings.fault(
                    "is '\(word)' the user that runs the command? it would be a user of another host",
                    at: place,
                    hint: forms
                )
            }
        case .system:
            let program = crontab.entries.first { entry in
                guard let user = entry.user else { return false }
                return host.home(user) == nil
                    && (host.isProgram(user) || UserColumn.shellWords.contains(user))
            }
            guard let program, let word = program.user else { return }
            findings.fault(
                "bad username: '\(word)' is no user of this host, but a program",
                at: Place(line: program.line, column: program.column),
                hint: "--form user if the file has no user column, --form system if it has"
            )
        }
    }
}

extension CrontabCommandLines {
    /// The last ones above its lines are carried over.
    package static let commentLimit = 100

    /// As they stand in the crontab, each from its `#` on; bare ones at both ends left out.
    package var carriedComments: [String] {
        var texts = comments.suffix(Self.commentLimit).map(\.text)[...]
        let isBare = { (text: String) in text.allSatisfy { $0 == "#" } }
        texts = texts.drop(while: isBare)
        while let last = texts.last, isBare(last) { texts.removeLast() }
        return Array(texts)
    }

    fileprivate var commentsLeftBehind: [Crontab.Comment] {
        Array(comments.dropLast(Self.commentLimit))
    }
}
