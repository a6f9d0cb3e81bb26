/// Fires one after another, each computed when it is asked for.
package struct FireSequence: Sequence, IteratorProtocol, Sendable {
    private let expression: CronExpression
    private let zone: Zone
    private let isForward: Bool
    private var last: Instant?

    init(_ expression: CronExpression, from start: Instant, in zone: Zone, isForward: Bool) {
        self.expression = expression
        self.zone = zone
        self.isForward = isForward
        last = start
    }

    package mutating func next() -> Instant? {
        guard let from = last else { return nil }
        last =
            isForward
            ? expression.next(after: from, in: zone) : expression.previous(before: from, in: zone)
        return last
    }
}

extension CronExpression {
    /// The fires after an instant, oldest first.
    package func fires(after: Instant, in zone: Zone) -> FireSequence {
        FireSequence(self, from: after, in: zone, isForward: true)
    }

    /// The fires before an instant, newest first.
    package func fires(before: Instant, in zone: Zone) -> FireSequence {
        FireSequence(self, from: before, in: zone, isForward: false)
    }
}
