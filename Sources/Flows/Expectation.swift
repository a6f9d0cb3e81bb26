/// How often a flow should succeed: longer without a success is told, even when no fire was due.
package struct Expectation: Sendable, Hashable {
    /// More than zero.
    package var every: Duration
    /// The flow to register then; it gets the parameters `flow` and `since` if it has them.
    package var register: String?

    package init(every: Duration, register: String? = nil) {
        self.every = every
        self.register = register
    }
}
