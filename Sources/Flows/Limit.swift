/// Every limit of the flow model, by name, so that a refusal can say which one was met.
package enum Limit {
    package static let fileBytes = 8 << 20
    /// Of a flow file's YAML, each alias counted as all that it stands for.
    package static let nodesPerFile = 2_000_000
    /// Of lists and mappings within each other in a flow file.
    package static let nesting = 100
    /// Shown of one file; the rest is counted.
    package static let faultsPerFile = 1_000
    package static let tasksPerFlow = 100_000
    package static let exceptionsPerSchedule = 10_000
    package static let schedulesPerFile = 10_000
    /// Over all tasks of a flow.
    package static let needsPerFlow = 1_000_000
    package static let parametersPerFlow = 1_000
    package static let parameterBytes = 64 << 10
    package static let variablesPerEnvironment = 1_000
    /// Of a `run:` text or one element of `exec:`: Linux's MAX_ARG_STRLEN (execve(2)) less its NUL.
    package static let argumentBytes = (128 << 10) - 1
    /// Elements of one `exec:` or `shell:`.
    package static let argumentsPerTask = 10_000
    package static let nameBytes = 64
    package static let retries = 1_000
    /// Of a flow with `overlap: queue`, unless it says another number.
    package static let queuedRuns = 100
    package static let queuedRunsAtMost = 10_000
    package static let concurrency = 100_000
    package static let priority = -20...19
    /// Between TERM and KILL, unless a flow file says another time.
    package static let killGrace: Duration = .seconds(10)
    /// Of a pool, and of what one task takes of it.
    package static let poolSlots = 100_000
    package static let poolsPerTask = 16
    package static let environmentFiles = 16
    package static let environmentFileBytes = 1 << 20
    package static let secrets = 1_000
    /// Of a secret's value, or of a line of it: a shorter one is not looked for in an output,
    /// where it would be found in every other word.
    package static let secretBytes = 4
    /// Of a `hold:`.
    package static let reasonBytes = 1_000
    /// Of a time-out, a retry's delay or its cap: about a year.
    package static let durationMilliseconds: Int64 = 366 * 86_400_000
    /// Kept in the database of what an attempt printed last.
    package static let tailBytes = 64 << 10
    /// Of the file that a task's `$FLOWER_OUTPUT` names.
    package static let outputBytesPerTask = 256 << 10
    /// Of the value of one output.
    package static let outputBytes = 64 << 10
    package static let outputsPerTask = 1_000
    /// Of a `when:`.
    package static let conditionBytes = 4 << 10
    /// Of one `for_each:`.
    package static let itemsPerTask = 10_000
    /// Runs that have started each other with `flow:`.
    package static let flowDepth = 16
    /// RFC 5321, section 4.5.3.1.3, less the angle brackets.
    package static let mailAddressBytes = 254
    package static let mailAddresses = 100
    /// Told to a hook by name.
    package static let failedTasksTold = 1_000
}
