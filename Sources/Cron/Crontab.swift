/// A crontab(5) file as Debian's cron (3.0pl1) reads it: assignments and entries, with their places.
///
/// The schedules may use all of Flower's dialect in their five fields, and `@every`. One
/// thing is cronie's and not Debian's: a `CRON_TZ=` line sets the zone of the entries below it.
package struct Crontab: Sendable, Hashable {
    /// Which file: a user's own, or one with a user column (`/etc/crontab`, `/etc/cron.d/*`).
    package enum Form: Sendable, Hashable {
        case user, system
    }

    package struct Assignment: Sendable, Hashable {
        package let name: String
        /// Without its quotes; nothing in it is expanded.
        package let value: String
        /// From 1.
        package let line: Int
        package let column: Int
    }

    package struct Entry: Sendable, Hashable {
        package let schedule: CronExpression
        /// The schedule as written.
        package let scheduleText: String
        /// The user column of the system form.
        package let user: String?
        /// The command as written, `%` and all.
        package let commandText: String
        /// What the shell gets.
        package let command: String
        /// What the command reads, from the first `%` on; nil if there is none.
        package let input: String?
        /// The value of the `CRON_TZ=` line in force.
        package let zoneName: String?
        /// The assignments above it; a later one of the same name replaces an earlier one.
        package let environment: [Assignment]
        package let line: Int
        package let column: Int

        /// The schedule with one blank between its words: however a table is laid out, it says the same.
        package var evenScheduleText: String {
            scheduleText.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
        }
    }

    /// A line that says something to people alone.
    package struct Comment: Sendable, Hashable {
        /// From the `#` on, without blanks at its end.
        package let text: String
        /// From 1.
        package let line: Int
        package let column: Int
    }

    package struct Diagnostic: Error, Sendable, Hashable {
        package enum Severity: Sendable, Hashable {
            /// Debian's cron ignores the whole file then.
            case error
            /// Read as Debian reads it, which is perhaps not what was meant.
            case note
        }
        package let severity: Severity
        package let line: Int
        package let column: Int
        package let message: String
        package let hint: String?
    }

    package let form: Form
    package internal(set) var assignments: [Assignment] = []
    package internal(set) var entries: [Entry] = []
    package internal(set) var comments: [Comment] = []
    /// In the order of the file.
    package internal(set) var diagnostics: [Diagnostic] = []

    /// More schedules than this in a file are refused.
    static let entryLimit = 10_000
    /// More assignments are refused: each entry keeps those above it.
    static let assignmentLimit = 1_000

    /// In bytes, `%` and all: cron's MAX_COMMAND, entry.c of Debian's 3.0pl1.
    static let commandLimit = 998

    /// - Parameter hashID: the name from which `H` and `~` of an entry choose, by its command.
    package init(
        _ bytes: [UInt8],
        form: Form,
        hashID: @escaping (_ command: String) -> String = { _ in "" }
    ) {
        self.form = form
        var reader = CrontabReader(form: form, hashID: hashID)
        reader.read(bytes)
        assignments = reader.assignments
        entries = reader.entries
        comments = reader.comments
        diagnostics = reader.diagnostics
    }

    package init(
        _ text: String,
        form: Form,
        hashID: @escaping (_ command: String) -> String = { _ in "" }
    ) {
        self.init(Array(text.utf8), form: form, hashID: hashID)
    }

    /// True if Debian's cron would run its entries.
    package var isValid: Bool {
        !diagnostics.contains { $0.severity == .error }
    }

    /// Whether a word may name a user on any host: not what useradd(8) makes, but what passwd(5) and name
    /// services have, `DOMAIN\name` and `name@host` too.
    package static func canBeUser(_ word: String) -> Bool {
        var hasLetter = false
        for byte in word.utf8 {
            if CronFieldParser.isLetter(byte) || CronFieldParser.isDigit(byte)
                || byte == UInt8(ascii: "_") || byte >= 0x80
            {
                hasLetter = true
            } else if !#".-@+\$"#.utf8.contains(byte) {
                return false
            }
        }
        return hasLetter && !"-$".contains(word.first ?? "-")
    }

    /// cron(8): a name in `/etc/cron.d` counts only if it is letters, digits, `_` and `-`.
    package static func isReadInCronD(fileName: String) -> Bool {
        !fileName.isEmpty
            && fileName.utf8.allSatisfy { byte in
                CronFieldParser.isLetter(byte) || CronFieldParser.isDigit(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }
}
