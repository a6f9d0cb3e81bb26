/// The texts of a task in which `${…}` is filled.
extension TaskSpec {
    /// Those that are filled at its launch.
    package var texts: [String] {
        var texts = environment.map(\.value) + action.texts
        if case .texts(let items)? = traits.forEach { texts += items }
        return texts
    }

    /// The same, and those that are filled where it is judged.
    package var allTexts: [String] {
        var texts = texts
        if let when = traits.when { texts += when.places.map { "${\($0.name)}" } }
        if case .template(let text)? = traits.forEach { texts.append(text) }
        return texts
    }

    /// The flow under `flow:`.
    package var startedFlow: String? {
        if case .flow(let name, _) = action { name } else { nil }
    }
}

extension TaskAction {
    /// Those in which places are filled.
    package var texts: [String] {
        switch self {
        case .run: []
        case .exec(let words): words
        case .component(_, let with): with.texts
        case .flow(_, let parameters): parameters.map(\.value)
        }
    }
}

extension JSONValue {
    /// Every text in it.
    package var texts: [String] {
        switch self {
        case .null, .bool, .integer, .number: []
        case .string(let text): [text]
        case .array(let values): values.flatMap(\.texts)
        case .object(let members): members.values.flatMap(\.texts)
        }
    }
}
