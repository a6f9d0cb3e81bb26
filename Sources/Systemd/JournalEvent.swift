/// Something that became of a run, a task, a fire or a file: an entry of the journal with a fixed
/// `MESSAGE_ID`, by which `journalctl -x` finds its text in `systemd/catalog/flower.catalog`, and
/// programs find the entry.
package struct JournalEvent: Sendable, Equatable {
    /// What happened; the raw value is the field `FLOWER_EVENT`.
    package enum Kind: String, CaseIterable, Sendable {
        case runRegistered = "run-registered"
        case taskStarted = "task-started"
        case taskSucceeded = "task-succeeded"
        /// For good: no retry is left, or the end is none that is tried again.
        case taskFailed = "task-failed"
        case taskRetried = "task-retried"
        case taskTimedOut = "task-timed-out"
        case taskInterrupted = "task-interrupted"
        case taskCancelled = "task-cancelled"
        /// Taken over from a runner that died.
        case taskRescued = "task-rescued"
        /// Due, and recorded as not run.
        case fireMissed = "fire-missed"
        case fileRefused = "file-refused"
        /// It cannot be used: nothing of it comes due; or it can be again.
        case scheduleFaulty = "schedule-faulty"
        /// `expect:` is not met, or met again.
        case flowLate = "flow-late"
        case databaseTrouble = "database-trouble"
        case watchdogTrouble = "watchdog-trouble"
        /// journald did not take them in time.
        case eventsLost = "events-lost"

        /// Never changes: people and programs look for it.
        package var messageID: String {
            switch self {
            case .runRegistered: "aa0142a210514ca2a2964eecec0f924e"
            case .taskStarted: "e451cf0044fb4f198dfb923d61f3cc22"
            case .taskSucceeded: "068f829749e24dd9a2da500c3ddf7986"
            case .taskFailed: "8b5072ca80bd4fa396573572032ab78b"
            case .taskRetried: "dfd56aef6b7f44628bcb369751b304e0"
            case .taskTimedOut: "caa3f09726a1485db1717ed2371679b8"
            case .taskInterrupted: "84632ca76dc14238bc89c6bf2e27d958"
            case .taskCancelled: "19f5609e5e97457ca95e5621bb0c6c50"
            case .taskRescued: "979519aeb6dd49929c4de143d125fb4a"
            case .fireMissed: "3a98b70659464c2792554527cdcc10eb"
            case .fileRefused: "a08c1f4f40ee479eaa19e342cbd740e5"
            case .scheduleFaulty: "8a6ec8a544b7439c8ecd22dfa32c2855"
            case .flowLate: "55658493bf024f8ea561b4c8e9c7e0c8"
            case .databaseTrouble: "d7b1013fd7ee4f438f0ee486e4bf0125"
            case .watchdogTrouble: "ca16bce742f649a2a7e73194294297f1"
            case .eventsLost: "38f98fa9ad7e47ddb69b562c42a37cf6"
            }
        }
    }

    /// syslog(3)'s, of which Flower uses these.
    package enum Priority: Int, Sendable {
        case error = 3
        case warning = 4
        case notice = 5
        case info = 6
    }

    package let kind: Kind
    package let priority: Priority
    /// A sentence, or several lines.
    package let text: String
    /// Besides those that every event has.
    package let fields: [JournalField]

    package init(
        _ kind: Kind,
        _ priority: Priority,
        _ text: String,
        _ fields: [JournalField] = []
    ) {
        self.kind = kind
        self.priority = priority
        self.text = text
        self.fields = fields
    }

    /// The whole entry.
    package var entry: [JournalField] {
        [
            JournalField("MESSAGE", text),
            JournalField("MESSAGE_ID", kind.messageID),
            JournalField("PRIORITY", priority.rawValue),
            JournalField("SYSLOG_IDENTIFIER", Self.identifier),
            JournalField("FLOWER_EVENT", kind.rawValue),
        ] + fields
    }

    /// `SYSLOG_IDENTIFIER` of all that Flower writes.
    package static let identifier = "flower"

    /// That a loop did not turn, or its work did not end, for so long.
    ///
    /// - Parameter limit: after which systemd ends the process; `nil` = it does not.
    package static func heldUp(
        _ who: String,
        _ span: Duration,
        limit: Duration?,
        instance: String
    ) -> JournalEvent {
        let end = limit.map { "; its watchdog ends it after \($0.components.seconds) s" } ?? ""
        return JournalEvent(
            .watchdogTrouble,
            .warning,
            "the \(who) made no progress for \(span.components.seconds) s\(end)",
            [JournalField("FLOWER_INSTANCE", instance)]
        )
    }

    /// That the database could not be used; the work is tried again until it can.
    package static func databaseTrouble(_ text: String, instance: String) -> JournalEvent {
        let fields = [JournalField("FLOWER_INSTANCE", instance)]
        return JournalEvent(.databaseTrouble, .warning, text, fields)
    }

    /// That so many could not be written.
    package static func lost(_ count: Int) -> JournalEvent {
        let what = count == 1 ? "1 event was" : "\(count) events were"
        return JournalEvent(
            .eventsLost,
            .warning,
            "\(what) not written: the journal took none for too long",
            [JournalField("FLOWER_COUNT", count)]
        )
    }
}
