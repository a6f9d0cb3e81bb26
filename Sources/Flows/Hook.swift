/// What a flow does each time a run of it settles: a task of that run which does not count for its state.
package struct Hook: Sendable, Equatable {
    package var event: HookEvent
    /// Named `event.taskName`; it has no needs.
    package var task: TaskSpec

    package init(_ event: HookEvent, _ task: TaskSpec) {
        self.event = event
        self.task = task
    }

    /// `notify: {mail: …}`: sendmail(8) with these recipients, none of which is an option to it.
    ///
    /// One that hangs does not keep its runner; one that says that it could not for now is asked again, for some
    /// three hours.
    ///
    /// - Precondition: `MailAddress.fault` has none to find.
    package static func mail(to addresses: [String]) -> Hook {
        Hook(
            .notify,
            TaskSpec(
                name: HookEvent.notify.taskName,
                action: .exec(["sendmail", "-i"] + addresses),
                timeout: mailTimeout,
                retries: mailRetries
            )
        )
    }

    package static let mailTimeout: Duration = .seconds(120)

    /// sysexits(3): EX_UNAVAILABLE, EX_OSERR, EX_IOERR and EX_TEMPFAIL. Not after what stays so: an unknown user,
    /// no program.
    package static let mailRetries = RetryPolicy(
        limit: 8,
        delay: .seconds(60),
        backoff: 2,
        maxDelay: .seconds(3600),
        causes: RetryCauses(
            exits: .these([69, 71, 74, 75]),
            signals: .any,
            timeout: true,
            interrupted: true
        )
    )

    /// The recipients of `mail(to:)`.
    package var addresses: [String] {
        guard event == .notify, case .exec(let words) = task.action else { return [] }
        return Array(words.dropFirst(2))
    }

    /// What `${…}` knows in a hook besides what it knows everywhere.
    package static let placeNames = ["run.state", "run.failed_tasks"]
}

/// When a hook is executed. The stored words.
package enum HookEvent: String, Sendable, CaseIterable, Codable {
    case failure = "on_failure"
    case success = "on_success"
    case always
    /// A mail after a failure.
    case notify

    /// Of its row in a run; no task of a flow file can have this name.
    package var taskName: String { "@\(rawValue)" }

    package init?(taskName: String) {
        guard taskName.hasPrefix("@") else { return nil }
        self.init(rawValue: String(taskName.dropFirst()))
    }

    /// Whether it is for a run that has settled so.
    package func isFor(_ state: RunState) -> Bool {
        switch self {
        case .failure, .notify: state == .failed
        case .success: state == .succeeded
        case .always: !state.isActive
        }
    }
}

/// Recipients of mail, narrower than RFC 5321 allows: sendmail(8) gets them as arguments, and they stand in
/// a header.
package enum MailAddress {
    /// What is wrong with it; `nil` for a good one: `ops@example.org`, or a user of this host.
    package static func fault(_ text: String) -> String? {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isGood =
            text.utf8.count <= Limit.mailAddressBytes && (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                guard let first = part.utf8.first, isWord(first) else { return false }
                return part.utf8.allSatisfy { isWord($0) || ".-+_=".utf8.contains($0) }
            }
        return isGood
            ? nil : "'\(text.prefix(80))' is no address: name@host, or a user of this host"
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
