/// Slots of a named pool that a task takes while it runs.
package struct PoolDemand: Sendable, Hashable {
    /// As a flow's name.
    package var pool: String
    /// 1...`Limit.poolSlots`.
    package var slots: Int

    package init(_ pool: String, _ slots: Int = 1) {
        self.pool = pool
        self.slots = slots
    }

    /// The pool of which every task takes one slot by itself: the limit over all runners of a state
    /// folder.
    package static let everyTask = "workers"
}
