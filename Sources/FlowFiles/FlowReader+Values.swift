import Flows

/// The kinds of values; each refuses another kind with a sentence and returns `nil`.
extension FlowReader {
    /// The members of a mapping, unknown and later keys reported.
    func fields(of node: Node, _ keys: Keys) -> Fields? {
        guard let members = mapping(node, keys.owner) else { return nil }
        for member in members {
            guard let key = member.key.text, !keys.known.contains(key) else { continue }
            // The composer has said what is to be said of merge keys.
            if key == "<<" { continue }
            if keys.later.contains(key) {
                findings.fault(
                    "'\(key)' in \(keys.owner) is not yet known to this version of flower",
                    at: member.key.place,
                    hint: Keys.insteads[key]
                )
            } else {
                findings.fault(
                    "\(keys.owner) has no key \(Text.quoted(key))",
                    at: member.key.place,
                    hint: keys.hint(for: key, &findings.nearest)
                        ?? "its keys are \(keys.known.joined(separator: ", "))"
                )
            }
        }
        return Fields(members, place: node.place)
    }

    func mapping(_ node: Node, _ owner: String, hint: String? = nil) -> [Node.Member]? {
        if case .mapping(let members) = node.content { return members }
        findings.fault("\(owner) must be a mapping, not \(node.kind)", at: node.place, hint: hint)
        return nil
    }

    /// The elements of a list; where there is a single value, the hint shows it as a list.
    func list(_ node: Node, _ owner: String, of what: String) -> [Node]? {
        if case .sequence(let elements) = node.content { return elements }
        let isWord = node.text.map { !$0.isEmpty && !$0.contains(where: \.isWhitespace) } ?? false
        findings.fault(
            "\(owner) must be a list of \(what), not \(node.kind)",
            at: node.place,
            hint: isWord && !node.isNothing ? "write it in brackets: [\(node.text ?? "")]" : nil
        )
        return nil
    }

    func text(_ node: Node, _ owner: String, mayBeEmpty: Bool = false) -> String? {
        guard let text = node.text else {
            findings.fault("\(owner) must be a text, not \(node.kind)", at: node.place)
            return nil
        }
        if text.isEmpty, !mayBeEmpty {
            findings.fault("\(owner) is empty", at: node.place)
            return nil
        }
        return text
    }

    func integer(_ node: Node, _ owner: String, _ range: ClosedRange<Int>) -> Int? {
        if let value = node.plainText.flatMap({ Int($0) }), range.contains(value) { return value }
        let written = node.text.map { $0.isEmpty ? "nothing" : Text.quoted($0) } ?? node.kind
        findings.fault(
            "\(owner) must be a whole number of \(range.lowerBound) to \(range.upperBound), "
                + "not \(written)",
            at: node.place,
            hint: isQuotedNumber(node) ? "take the quotes off" : nil
        )
        return nil
    }

    func number(_ node: Node, _ owner: String, _ range: ClosedRange<Double>) -> Double? {
        // Double's own syntax has hexadecimal and nan as well; a person means digits.
        let isDecimal = node.plainText?.utf8.allSatisfy { $0 < 0x3A } ?? false
        if isDecimal, let value = node.text.flatMap(Double.init), range.contains(value) {
            return value
        }
        let written = node.text.map { $0.isEmpty ? "nothing" : Text.quoted($0) } ?? node.kind
        findings.fault(
            "\(owner) must be a number of \(Int(range.lowerBound)) to \(Int(range.upperBound)), "
                + "not \(written)",
            at: node.place,
            hint: isQuotedNumber(node) ? "take the quotes off" : nil
        )
        return nil
    }

    private func isQuotedNumber(_ node: Node) -> Bool {
        node.plainText == nil && node.text.flatMap(Double.init) != nil
    }

    func duration(_ node: Node, _ owner: String) -> Duration? {
        guard let text = text(node, owner) else { return nil }
        if let duration = DurationText.parse(text) { return duration }
        let isBare = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let isLong = text.utf8.count < 40 && DurationText.hasUnits(text)
        let limit = DurationText.format(.milliseconds(Limit.durationMilliseconds))
        findings.fault(
            isBare
                ? "\(owner): \(Text.quoted(text)) has no unit"
                : isLong
                    ? "\(owner): \(Text.quoted(text)) is longer than \(limit)"
                    : "\(owner): \(Text.quoted(text)) is no duration",
            at: node.place,
            hint: isBare ? "write \(text)s, \(text)m or \(text)h" : isLong ? nil : DurationText.hint
        )
        return nil
    }

    /// The elements of `exec` or `shell`: texts, the first of them not empty.
    func arguments(_ node: Node, _ owner: String, example: String) -> [String]? {
        guard case .sequence(let elements) = node.content else {
            findings.fault(
                "\(owner) must be a list of a program and its arguments, not \(node.kind)",
                at: node.place,
                hint: "write it as \(example)"
            )
            return nil
        }
        guard !elements.isEmpty, elements[0].text != "" else {
            findings.fault("\(owner) names no program", at: elements.first?.place ?? node.place)
            return nil
        }
        guard elements.count <= Limit.argumentsPerTask else {
            findings.fault(
                "\(owner) has more than \(Limit.argumentsPerTask) elements",
                at: node.place
            )
            return nil
        }
        let texts = elements.compactMap { argument($0, "an element of \(owner)") }
        return texts.count == elements.count ? texts : nil
    }

    /// A text that is handed over to a program.
    func argument(_ node: Node, _ owner: String) -> String? {
        guard let text = text(node, owner, mayBeEmpty: true) else { return nil }
        guard text.utf8.count <= Limit.argumentBytes else {
            findings.fault("\(owner) is longer than \(Limit.argumentBytes) bytes", at: node.place)
            return nil
        }
        return text
    }

    func parameters(_ node: Node, limit: Int) -> [Variable] {
        variables(node, "'parameters'", "parameter", limit, Names.faultOfParameter)
    }

    /// Variables whose values may hold `${…}`.
    func environment(_ node: Node) -> [Variable] {
        if case .mapping(let members) = node.content {
            for member in members { checkPlaces(in: member.value) }
        }
        return variables(
            node,
            "'environment'",
            "variable",
            Limit.variablesPerEnvironment,
            Names.faultOfVariable
        )
    }

    private func variables(
        _ node: Node,
        _ owner: String,
        _ kind: String,
        _ limit: Int,
        _ fault: (String) -> String?
    ) -> [Variable] {
        guard let members = mapping(node, owner, hint: "write it as {NAME: value}") else {
            return []
        }
        if members.count > limit {
            findings.fault("\(owner) has more than \(limit) names", at: node.place)
            return []
        }
        return members.compactMap { member in
            guard let name = member.key.text, name != "<<" else { return nil }
            if let fault = fault(name) {
                findings.fault("\(kind): \(Text.clipped(fault))", at: member.key.place)
                return nil
            }
            guard let value = member.value.text else {
                findings.fault(
                    "\(kind) '\(name)' must be a single value, not \(member.value.kind)",
                    at: member.value.place,
                    hint: "quote it to keep it as a text"
                )
                return nil
            }
            guard value.utf8.count <= Limit.parameterBytes else {
                findings.fault(
                    "\(kind) '\(name)' is longer than \(Limit.parameterBytes) bytes",
                    at: member.value.place
                )
                return nil
            }
            return Variable(name, value)
        }
    }
}
