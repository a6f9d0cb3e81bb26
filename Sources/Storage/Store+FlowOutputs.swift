import Flows
import GRDB

/// `outputs:` of a flow: what a run of it gives, told from what its tasks gave.
///
/// They are filled where somebody asks, once the run has succeeded: where the task that waited for it is claimed
/// to be ended, which records them as its own, and where a person looks.
extension Store {
    /// An output of a run, or why there is none.
    package struct FlowOutput: Sendable, Equatable {
        package let name: String
        /// `nil` = it cannot be filled.
        package let value: String?
        package let reason: String?
        /// Those that stand in its value.
        package var secrets: [String] = []

        /// As it may be shown.
        var masked: FlowOutput {
            FlowOutput(
                name: name,
                value: value.map { SecretText.masked($0, secrets) },
                reason: reason
            )
        }
    }

    /// By name; none of a run that has not succeeded.
    func flowOutputs(_ db: Database, run id: Int64) throws -> [FlowOutput] {
        let sql = "SELECT outputs FROM run WHERE id = ?"
        let text = try String.fetchOne(db.cachedStatement(sql: sql), arguments: [id])
        guard let text else { return [] }
        let all = Places(db, run: try context(db, run: id), isLenient: false)
        var bytes = 0
        let outputs: [Variable]
        do {
            outputs = try Self.decodeVariables(text)
        } catch let error as StorageError {
            // A row that was changed with SQL keeps nobody from looking at the run, or from going on.
            return [FlowOutput(name: "outputs", value: nil, reason: error.message)]
        }
        return try outputs.map { output in
            do {
                let places = all.fresh
                let value = try places.fill(output.value)
                bytes += output.name.utf8.count + value.utf8.count
                guard value.utf8.count <= Limit.outputBytes, bytes <= Limit.outputBytesPerTask
                else {
                    throw Places.Missing(message: "it is longer than an output may be")
                }
                let secrets = places.met.texts.sorted()
                return FlowOutput(name: output.name, value: value, reason: nil, secrets: secrets)
            } catch let missing as Places.Missing {
                return FlowOutput(name: output.name, value: nil, reason: missing.message)
            }
        }
    }
}
