import Flows

/// What `${…}` may name where it stands, besides the flow's parameters.
struct PlaceScope: Sendable {
    var builtIns = Template.builtInNames
    /// Tasks of which something may be named; `nil` outside a task.
    var needs: Set<String>?
    /// Whether these are all that there are: a hook's, and those of the flow's own `outputs`.
    var isWhole = false
    /// Whether `${item}` has a meaning.
    var hasItem = false
    /// The task in which it stands; empty = none.
    var task = ""
    /// For messages: where it stands, if that narrows what may be named.
    var owner: String?

    /// What is known inside the database, where no zone is.
    static let judged = ["run.id"]
}

/// `when:` and `for_each:`.
extension FlowReader {
    func traits(_ fields: Fields, needs: [String]) -> TaskTraits {
        var inner = self
        inner.scope.builtIns = PlaceScope.judged
        inner.scope.needs = Set(needs)
        inner.scope.hasItem = false
        var traits = TaskTraits()
        if let node = fields["when"] {
            inner.scope.owner = "'when'"
            traits.when = inner.condition(node, hasNeeds: !needs.isEmpty)
        }
        if let node = fields["for_each"] {
            inner.scope.owner = "'for_each'"
            traits.forEach = inner.itemList(node)
        }
        return traits
    }

    private func condition(_ node: Node, hasNeeds: Bool) -> Condition? {
        guard let text = text(node, "'when'") else { return nil }
        let condition: Condition
        do {
            condition = try Condition(text)
        } catch {
            findings.fault(
                "'when' \(error.message)",
                at: place(ofByte: error.offset, length: error.length, in: node),
                hint: error.hint
            )
            return nil
        }
        for (name, offset) in condition.places { checkPlace(name, atByte: offset, in: node) }
        if condition.patience == .end, !hasNeeds {
            findings.fault(
                "'when' names 'failed' in a task without 'needs': nothing can have failed",
                at: node.place
            )
        }
        return condition
    }

    private func itemList(_ node: Node) -> ItemList? {
        switch node.content {
        case .scalar:
            guard let text = text(node, "'for_each'") else { return nil }
            checkPlaces(in: node)
            guard Text.offset(of: "${", in: text) != nil else {
                findings.fault(
                    "'for_each' must be a list, or a text with a '${…}' that gives one",
                    at: node.place,
                    hint: "write it in brackets: [\(Text.clipped(text, to: 40))]"
                )
                return nil
            }
            return .template(text)
        case .sequence(let elements):
            guard elements.count <= Limit.itemsPerTask else {
                findings.fault(
                    "'for_each' has \(elements.count) items; it may have \(Limit.itemsPerTask)",
                    at: node.place
                )
                return nil
            }
            var inner = self
            // Filled at the launch, when the zone is known.
            inner.scope.builtIns = Template.builtInNames
            let texts = elements.compactMap { element in
                inner.checkPlaces(in: element)
                return text(element, "an item of 'for_each'", mayBeEmpty: true)
            }
            return .texts(texts)
        case .mapping:
            findings.fault("'for_each' must be a list, not a mapping", at: node.place)
            return nil
        }
    }
}
