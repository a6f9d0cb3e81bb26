import Flows

/// `${…}` in texts.
extension FlowReader {
    /// Checks what each `${…}` in a text names.
    func checkPlaces(in node: Node) {
        guard let text = node.text, text.utf8.contains(UInt8(ascii: "$")) else { return }
        checkPlaces(of: text, in: node)
    }

    /// - Parameter text: the text of `node` or its beginning.
    private func checkPlaces(of text: String, in node: Node) {
        do {
            let template = try Template(text)
            for (name, offset) in zip(template.names, template.placeOffsets) {
                checkPlace(name, atByte: offset, in: node)
            }
        } catch {
            findings.fault(error.message, at: place(ofByte: error.offset, length: 2, in: node))
            // What stands before the fault may name wrongly too, but has no fault of this kind.
            let before = text.utf8.prefix(error.offset)
            checkPlaces(of: String(decoding: before, as: UTF8.self), in: node)
        }
    }

    /// Checks the texts within a value of `with`.
    func checkPlacesBelow(_ node: Node) {
        switch node.content {
        case .scalar: checkPlaces(in: node)
        case .sequence(let elements): for element in elements { checkPlacesBelow(element) }
        case .mapping(let members): for member in members { checkPlacesBelow(member.value) }
        }
    }

    /// For a text in which nothing is replaced though a person may expect it.
    func refusePlaces(in node: Node, _ owner: String) {
        guard let offset = Text.offset(of: "${", in: node.text ?? "") else { return }
        findings.fault(
            "'${…}' is not replaced in \(owner)",
            at: place(ofByte: offset, length: 2, in: node)
        )
    }

    /// A `run:` text is a shell's own: `${due.date}` there is no parameter but a shell's error.
    func warnOfPlaces(inRun node: Node) {
        for name in Template.builtInNames + ["tasks."] {
            guard let offset = Text.offset(of: "${\(name)", in: node.text ?? "") else { continue }
            let length = name.utf8.count + 3
            findings.warn(
                "'${…}' is not replaced in 'run', and to a shell '${\(name)…' is an error",
                at: place(ofByte: offset, length: length, in: node),
                hint: #"environment: {VALUE: "${\#(name)}"} and "$VALUE" here"#
            )
        }
    }

    /// Checks one name of a text.
    func checkPlace(_ name: String, atByte offset: Int, in node: Node) {
        if parameterNames.contains(name) || scope.builtIns.contains(name) { return }
        if name == "item", scope.hasItem { return }
        if let place = TaskPlace(name), scope.needs?.contains(place.task) == true {
            references.note(
                .fact(task: scope.task, place: place),
                at: self.place(ofByte: offset, length: name.unicodeScalars.count + 3, in: node)
            )
            return
        }
        let (message, hint) = fault(of: name)
        findings.fault(
            message,
            at: place(ofByte: offset, length: name.unicodeScalars.count + 3, in: node),
            hint: hint
        )
    }

    private func fault(of name: String) -> (message: String, hint: String?) {
        let written = Text.quoted("${\(name)}")
        if !TaskPlace.isMeant(by: name), TaskPlace.hasDefault(name) {
            return (
                "\(written) has a default, and what it names needs none",
                "only '${tasks.…}' may have one; a parameter's own stands under 'parameters'"
            )
        }
        if let place = TaskPlace(name) {
            guard scope.needs != nil else {
                return (
                    "\(written) is known only in a task that needs '\(place.task)'",
                    "write it under the task's own 'environment'"
                )
            }
            if scope.isWhole || !taskNames.all.contains(place.task) {
                let names = scope.isWhole ? scope.needs?.sorted() ?? [] : taskNames.list
                return (
                    "\(written) is of a task that this flow does not have",
                    findings.nearest.hint(place.task, in: names)
                )
            }
            return (
                "\(written) is of a task that this one does not need",
                "add '\(place.task)' to its 'needs'"
            )
        }
        if TaskPlace.isMeant(by: name) {
            return (
                "\(written) names nothing of a task",
                "write '${tasks.TASK.outputs.KEY}', '${tasks.TASK.exit_code}' or '${tasks.TASK.outcome}',"
                    + " with a default '${… ?? \"text\"}'"
            )
        }
        if name == "item" {
            return ("\(written) has a meaning only in a task with 'for_each'", nil)
        }
        if Template.builtInNames.contains(name), let owner = scope.owner {
            return (
                "\(written) is not known in \(owner)",
                "it knows parameters, run.id and what needs have come to"
            )
        }
        return ("\(written) names no parameter of this flow", hint(for: name))
    }

    private func hint(for name: String) -> String {
        let known = parameterNames.sorted() + scope.builtIns
        return findings.nearest.word(to: name, in: known).map { "did you mean '${\($0)}'?" }
            ?? "declare it under 'parameters'; a literal '${' is written '$${'"
    }

    /// The place of a byte of a scalar's text.
    func place(ofByte offset: Int, length: Int, in node: Node) -> Place {
        let before = (node.text ?? "").utf8.prefix(offset)
        let scalars = before.count { $0 & 0xC0 != 0x80 }
        return ScalarMap.place(scalars, length: length, in: node, source)
    }
}
