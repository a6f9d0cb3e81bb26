import Cron
import Flows
import HostFiles
import Storage

/// What a task's process gets: program and arguments, environment, working directory.
///
/// Nothing else is inherited, whoever starts the runner: the same in a shell as under systemd.
package struct TaskWorld: Sendable, Equatable {
    /// Never empty; the first is the program.
    package private(set) var arguments: [String]
    /// Names are unique. In the order of origin: base, the flow's, its files', the task's, its files',
    /// parameters, Flower's own.
    package private(set) var environment: [Variable]
    package let workingDirectory: String
    /// What is executed, where that is not the first of the arguments.
    package private(set) var program: String?
    /// What it reads as its standard input; `nil` = nothing.
    package private(set) var input: [UInt8]?
    /// What of it is not to be shown.
    package let mask: Mask

    package static let path = "/usr/local/bin:/usr/bin:/bin"

    /// What cannot be built, because a text was changed in SQL to one that no flow file may hold.
    package struct Fault: Error, Hashable {
        package let message: String
    }

    /// - Throws: `Fault` for a `${…}` or a file of variables that cannot be read.
    package init(
        _ claim: Claim,
        of world: RunWorld,
        mail: (sendmail: String, message: [UInt8])? = nil
    ) throws(Fault) {
        if let fault = claim.fault { throw Fault(message: fault) }
        switch claim.action {
        case .run(let text): arguments = claim.run.shell + ["-c", text]
        case .exec(let words):
            try Self.refuseSecrets(in: words, of: claim)
            var filled: [String] = []
            for word in words { filled.append(try world.fill(word, claim.values)) }
            if let mail { filled[0] = mail.sendmail }
            arguments = filled
        case .component(let name, _), .flow(let name, _): arguments = [name]
        }
        environment = try world.environment(for: claim)
        mask = Mask(
            of: claim.run.secrets,
            in: environment,
            and: claim.secrets.union(claim.run.carried)
        )
        workingDirectory = claim.run.workingDirectory
        input = mail?.message
    }

    /// What a file says by name is refused where it is read; this is what an item, an output or a run's maker
    /// has brought.
    private static func refuseSecrets(in words: [String], of claim: Claim) throws(Fault) {
        let secret = claim.secretPlaces.union(claim.run.secrets)
        guard !secret.isEmpty else { return }
        for word in words where word.utf8.contains(UInt8(ascii: "$")) {
            // A word that is no template has its own fault.
            let names = (try? Template(word))?.names ?? []
            guard let name = names.first(where: secret.contains) else { continue }
            throw Fault(
                message:
                    "'${\(name)}' holds a secret, and the words of 'exec' are seen by all users of"
                    + " the machine; write environment: {VALUE: \"${\(name)}\"} and take it from there"
            )
        }
    }

    /// The same for a component that runs in a process of its own.
    init(isolated call: ComponentCall, _ claim: Claim, of world: RunWorld) throws(Fault) {
        try self.init(claim, of: world)
        arguments = ["flower", ComponentCall.command, call.component]
        program = "/proc/self/exe"
        input = call.encoded
        // A whole backtrace takes seconds to make; the trap's own message comes without.
        let name = "SWIFT_BACKTRACE"
        if !environment.contains(where: { $0.name == name }) {
            environment.append(Variable(name, "enable=no"))
        }
    }
}

/// What the worlds of one run's tasks have in common, worked out once.
package struct RunWorld: Sendable {
    private let values: [String: String]
    let parametersByName: [String: String]
    /// What of the parameters is not to be shown, for a component, which has no environment.
    let mask: Mask
    /// `due.at`.
    let dueAt: String
    /// Base and flow environment, filled.
    private var common: Environment
    private let parameters: [Variable]
    private let own: [Variable]
    private let outputs: OutputFolder

    /// - Parameter zone: the one of `run.timezone`, in which `due.…` is told.
    /// - Throws: `TaskWorld.Fault` for a `${…}` of the flow's environment that cannot be read.
    package init(
        _ run: RunContext,
        account: Account,
        zone: Zone,
        outputs: OutputFolder
    ) throws(TaskWorld.Fault) {
        self.outputs = outputs
        let due = (run.dueAt ?? run.registeredAt).droppingMilliseconds.iso8601(in: zone)
        var values: [String: String] = [:]
        for parameter in run.parameters { values[parameter.name] = parameter.value }
        parametersByName = values
        dueAt = due
        values["due.at"] = due
        // YYYY-MM-DDTHH:MM:SS and the offset.
        values["due.date"] = String(due.prefix(10))
        values["due.time"] = String(due.dropFirst(11).prefix(8))
        values["run.id"] = String(run.runID)
        self.values = values
        parameters = run.parameters
        mask = Mask(of: run.secrets, in: run.parameters, and: run.carried)
        own = [
            Variable("FLOWER_FLOW", run.flow),
            Variable("FLOWER_RUN", String(run.runID)),
            Variable("FLOWER_INSTANCE", run.instance),
            Variable("FLOWER_DUE_AT", due),
        ]
        common = Environment(account.variables)
        for variable in run.environment {
            common.set(Variable(variable.name, try fill(variable.value)))
        }
    }

    /// `text` with its places filled.
    ///
    /// - Parameter own: what the task's own places stand for.
    func fill(
        _ text: String,
        _ own: [String: String] = [:]
    ) throws(TaskWorld.Fault) -> String {
        // Nearly no text has a place, and looking is far cheaper than taking it apart.
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        let template: Template
        do {
            template = try Template(text)
        } catch {
            throw TaskWorld.Fault(message: "'\(text)' cannot be filled: \(error.message)")
        }
        // No flow file says so: the task was changed in SQL, and its other columns do not follow.
        let unknown = template.names.first { TaskPlace.isMeant(by: $0) && own[$0] == nil }
        if let unknown { throw TaskWorld.Fault(message: "'${\(unknown)}' is not known here") }
        return template.filled { own[$0] ?? values[$0] }
    }

    /// `with:` of a component, its strings filled.
    package func fill(
        _ value: JSONValue,
        _ own: [String: String] = [:]
    ) throws(TaskWorld.Fault) -> JSONValue {
        try value.mapStrings { text throws(TaskWorld.Fault) in try fill(text, own) }
    }

    fileprivate func environment(for claim: Claim) throws(TaskWorld.Fault) -> [Variable] {
        var environment = common
        for file in claim.run.environmentFiles {
            for variable in try variables(of: file) { environment.set(variable) }
        }
        for variable in claim.environment {
            environment.set(Variable(variable.name, try fill(variable.value, claim.values)))
        }
        for file in claim.environmentFiles {
            for variable in try variables(of: file) { environment.set(variable) }
        }
        for parameter in parameters { environment.set(parameter) }
        for variable in own { environment.set(variable) }
        environment.set(Variable("FLOWER_TASK", claim.name))
        environment.set(Variable("FLOWER_ITEM", String(claim.item)))
        environment.set(Variable("FLOWER_ATTEMPT", String(claim.attempt)))
        environment.set(Variable("FLOWER_OUTPUT", outputs.path(of: claim)))
        if let state = claim.values["run.state"] {
            environment.set(Variable("FLOWER_RUN_STATE", state))
            let failed = claim.values["run.failed_tasks"] ?? ""
            environment.set(Variable("FLOWER_FAILED_TASKS", failed))
        }
        if let item = claim.values["item"] { environment.set(Variable("FLOWER_ITEM_VALUE", item)) }
        return environment.variables
    }

    /// As the file is at this moment. Root's tasks get nothing that others may have written: a variable can
    /// make a program do anything (LD_PRELOAD, PATH).
    private func variables(of file: VariableFile) throws(TaskWorld.Fault) -> [Variable] {
        let trust = FileTrust.own
        do throws(VariableFile.Fault) {
            return try file.read(trust: trust.user == 0 ? trust : nil)
        } catch {
            throw TaskWorld.Fault(message: file.sentence(of: error))
        }
    }
}

/// Variables of which a later one replaces an earlier one of the same name, in its place.
///
/// An array: some twenty are looked through faster than they are hashed.
private struct Environment: Sendable {
    private(set) var variables: [Variable] = []

    init(_ variables: [Variable]) { self.variables = variables }

    mutating func set(_ variable: Variable) {
        if let index = variables.firstIndex(where: { $0.name == variable.name }) {
            variables[index] = variable
        } else {
            variables.append(variable)
        }
    }
}

extension Instant {
    /// A due instant is told in whole seconds; a registration's may have a fraction.
    fileprivate var droppingMilliseconds: Instant { Instant(seconds: seconds) }
}
