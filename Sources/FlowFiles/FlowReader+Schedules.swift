import Cron
import Flows

extension FlowReader {
    func schedules(_ node: Node, flowName: String) -> [ScheduleSpec] {
        guard case .sequence(let elements) = node.content else {
            findings.fault(
                "'schedules' must be a list, not \(node.kind)",
                at: node.place,
                hint: #"schedules: [{cron: "30 2 * * *"}]"#
            )
            return []
        }
        guard elements.count <= Limit.schedulesPerFile else {
            findings.fault(
                "a file has at most \(Limit.schedulesPerFile) schedules, this has "
                    + "\(elements.count)",
                at: node.place
            )
            return []
        }
        var places: [String: Place] = [:]
        var specs: [ScheduleSpec] = []
        for element in elements {
            guard let spec = schedule(element, flowName: flowName) else { continue }
            specs.append(spec)
            if let first = places[spec.identity] {
                findings.fault(
                    "this schedule is the same as the one on line \(first.line), column "
                        + "\(first.column)",
                    at: element.place,
                    hint: "take one out, or give each a 'name' of its own"
                )
            } else {
                places[spec.identity] = element.place
            }
        }
        return specs
    }

    private func schedule(_ node: Node, flowName: String) -> ScheduleSpec? {
        if let text = node.text {
            findings.fault(
                "a schedule must be a mapping, not a single value",
                at: node.place,
                hint: #"{cron: "\#(Text.clipped(text))"}"#
            )
            return nil
        }
        guard let fields = fields(of: node, .schedule) else { return nil }
        let name = fields["name"].flatMap { self.name($0) }
        let timezone = fields["timezone"].flatMap { self.timezone($0) }
        let parameters = fields["parameters"].map { overrides($0) } ?? []
        guard let cron = fields["cron"] else {
            findings.fault(
                "a schedule needs 'cron'",
                at: fields.place,
                hint: #"cron: "30 2 * * *""#
            )
            return nil
        }
        guard let text = text(cron, "'cron'"), let expression = expression(cron, text, flowName)
        else { return nil }
        if let zone = expression.zoneName, let timezone, zone != timezone {
            findings.warn(
                "the zone in 'cron' (\(zone)) wins over 'timezone'",
                at: fields.place(of: "timezone"),
                hint: "keep one of the two"
            )
        }
        tellRemarks(on: text, expression, timezone, at: cron)
        return ScheduleSpec(
            name: name,
            text: text,
            expression: expression,
            timezone: timezone,
            parameters: parameters,
            timing: timing(fields, flowName: flowName)
        )
    }

    private func tellRemarks(
        on text: String,
        _ expression: CronExpression,
        _ timezone: String?,
        at node: Node
    ) {
        guard let lint = context.lint else { return }
        for remark in CronExpression.remarks(on: text) {
            findings.add(
                remark,
                at: ScalarMap.place(remark.column - 1, length: remark.length, in: node, source)
            )
        }
        guard let zone = lint.zone(expression.zoneName ?? timezone),
            let remark = expression.clockRemark(in: zone, after: context.now)
        else { return }
        findings.add(remark, at: node.place)
    }

    private func name(_ node: Node) -> String? {
        guard let name = text(node, "'name'") else { return nil }
        if let fault = Names.faultOfTask(name) {
            findings.fault("schedule: \(Text.clipped(fault))", at: node.place)
            return nil
        }
        return name
    }

    private func expression(_ node: Node, _ text: String, _ flowName: String) -> CronExpression? {
        do throws(CronError) {
            let expression = try CronExpression(text, hashID: flowName)
            if let zone = expression.zoneName, !context.zoneExists(zone) {
                let offset = text.unicodeScalars.prefix { $0 != "=" }.count + 1
                refuseZone(
                    zone,
                    at: ScalarMap.place(
                        offset,
                        length: zone.unicodeScalars.count,
                        in: node,
                        source
                    )
                )
                return nil
            }
            if !expression.isReboot, expression.next(after: context.now, in: .utc) == nil {
                findings.warn("this schedule is never due again", at: node.place)
            }
            return expression
        } catch {
            findings.fault(
                "cron: \(error.field): \(error.problem)",
                at: ScalarMap.place(error.column - 1, length: error.length, in: node, source),
                hint: error.hint
            )
            return nil
        }
    }

    private func timezone(_ node: Node) -> String? {
        guard let zone = text(node, "'timezone'") else { return nil }
        if context.zoneExists(zone) { return zone }
        refuseZone(zone, at: node.place)
        return nil
    }

    private func refuseZone(_ zone: String, at place: Place) {
        findings.fault(
            "there is no time zone \(Text.quoted(zone)) on this host",
            at: place,
            hint: findings.nearest.zoneHint(zone, context.zoneHint)
        )
    }

    /// A schedule's parameters, each of which must be one of the flow's.
    private func overrides(_ node: Node) -> [Variable] {
        let variables = parameters(node, limit: Limit.parametersPerFlow)
        guard case .mapping(let members) = node.content else { return [] }
        for member in members {
            guard let name = member.key.text, Names.faultOfParameter(name) == nil,
                !parameterNames.contains(name)
            else { continue }
            findings.fault(
                "the flow has no parameter \(Text.quoted(name)) to override",
                at: member.key.place,
                hint: findings.nearest.hint(name, in: parameterNames.sorted())
                    ?? "declare it under the flow's 'parameters'"
            )
        }
        return variables
    }
}
