/// What one file of a set declares: the unit of applying.
package struct FlowSource: Sendable, Equatable {
    /// Absolute, with links resolved: what a flow remembers to be from.
    package var path: String
    /// Of the bytes of the file and of those it depends on: an unchanged file never overwrites a change made
    /// in SQL.
    package var digest: String
    /// One for a `.yaml` file, one for each entry of a `.crontab` file.
    package var flows: [Flow]
    /// The files besides itself that its meaning depends on, as a file of days: absolute, ascending; of a
    /// link also what it leads to.
    package var dependencies: [String]
    /// Where what its flows name of others stands, by the flow's name; what has no place is told with the file.
    package var references: [String: [FlowReference: ReferencePlace]]

    /// Who ran the tasks where a flow comes from, by the flow's name; a flow without one stands not here.
    package var formerUsers: [String: String]

    package init(
        path: String,
        digest: String,
        flows: [Flow],
        dependencies: [String] = [],
        references: [String: [FlowReference: ReferencePlace]] = [:],
        formerUsers: [String: String] = [:]
    ) {
        self.formerUsers = formerUsers
        self.references = references
        self.path = path
        self.digest = digest
        self.flows = flows
        self.dependencies = dependencies
    }
}
