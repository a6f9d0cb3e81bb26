import HostFiles

/// What a service's section `[Unit]` says of its start and its end: systemd.unit(5).
extension ServiceTasks {
    static func when(_ condition: String) -> String {
        "${tasks.\(condition).outputs.\(ServiceCommand.conditionOutput) ?? \"no\"} == \"yes\""
    }

    /// Tasks before all others: one that leaves them out, and one that fails where an assertion does not hold.
    ///
    /// - Returns: the name of the former.
    mutating func readConditions() -> String? {
        let found = ServiceConditions(unit, specifiers, folder: flow.folder)
        carried.formUnion(found.carried)
        var name: String?
        if let test = found.condition {
            let output = ServiceCommand.conditionOutput
            let text =
                "if \(test); then go=yes; else go=no; fi\necho \(output)=$go >> \"$FLOWER_OUTPUT\""
            add(TimerFlow.Step(name: "conditions", action: .run(text)))
            name = "conditions"
        }
        guard !found.assertions.isEmpty else { return name }
        let lines = found.assertions.map { test, setting in
            let told = ShellWord.quoted("\(setting.key)=\(setting.value) does not hold")
            return "\(test) || { echo \(told) >&2; exit 1; }"
        }
        var step = TimerFlow.Step(name: "asserts", action: .run(lines.joined(separator: "\n")))
        if let name { step.needs = [name] }
        step.when = name.map { Self.when($0) }
        add(step)
        return name
    }

    /// `OnFailure=` and `OnSuccess=`: systemctl(1) starts them, where it may.
    mutating func readHooks() {
        guard startsUnits else { return }
        for (key, hook) in [("OnFailure", "on_failure"), ("OnSuccess", "on_success")] {
            let settings = unit.all("Unit", key)
            let names = settings.flatMap { setting in
                setting.value.split { $0 == " " || $0 == "\t" }.map {
                    try? specifiers.expand("\($0)")
                }
            }
            let units = names.compactMap { $0.flatMap { UnitName($0) } }
            guard !units.isEmpty, units.count == names.count, !units.contains(where: \.isTemplate)
            else { continue }
            add(hook, ["systemctl", "start", "--no-block"] + units.map(\.text))
            carried.formUnion(settings)
        }
    }
}
