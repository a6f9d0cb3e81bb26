/// What a task has beyond the plain ones, which have none of it and pay for none of it.
package struct TaskTraits: Sendable, Equatable {
    /// `nil` = once its needs have succeeded.
    package var when: Condition?
    /// `nil` = once, as item 0.
    package var forEach: ItemList?

    package init(when: Condition? = nil, forEach: ItemList? = nil) {
        self.when = when
        self.forEach = forEach
    }
}
