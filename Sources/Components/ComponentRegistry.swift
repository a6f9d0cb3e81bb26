import Flows

/// The components that a program has, by name: Flower's own and its user's.
public struct ComponentRegistry: Sendable {
    /// A `Result`, not a typed throw: Swift 6.3.1's compiler crashes on a closure that throws one
    /// and returns an existential. To be simplified once it does not.
    private var makers: [String: @Sendable (JSONValue) -> Result<any Component, ComponentFault>] =
        [:]
    private var outputs: [String: @Sendable (JSONValue) -> [String]?] = [:]

    /// Flower's own: `echo`, `sleep`, `noop`, `http`, `http-post`.
    public static var builtIn: ComponentRegistry {
        var registry = ComponentRegistry()
        registry.add(Echo.self)
        registry.add(Sleep.self)
        registry.add(NoOperation.self)
        registry.add(HTTP.self)
        registry.add(HTTPPost.self)
        return registry
    }

    public init() {}

    /// Adds a component, in the place of one of the same name.
    public mutating func add<Kind: Component>(_ kind: Kind.Type) {
        outputs[Kind.name] = { (kind as? any NamingOutputs.Type)?.outputs(of: $0) ?? Kind.outputs }
        makers[Kind.name] = { with in
            do throws(ComponentFault) {
                return .success(try ArgumentDecoder.decode(Kind.self, from: with))
            } catch {
                return .failure(error)
            }
        }
    }

    /// The keys that a component gives, told so of it; `nil` = not known.
    package func outputs(of name: String, with: JSONValue) -> [String]? { outputs[name]?(with) }

    /// Sorted.
    package var names: [String] { makers.keys.sorted() }

    /// The component `name` with what its task gives it.
    ///
    /// - Throws: `ComponentFault` for an unknown name and for arguments that do not fit.
    package func make(_ name: String, _ with: JSONValue) throws(ComponentFault) -> any Component {
        guard let maker = makers[name] else {
            let hint = nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
            throw ComponentFault("this flower has no component '\(name)'\(hint)")
        }
        return try maker(with).get()
    }

    /// What is wrong with a task's `component:` and `with:`, before it runs; `nil` where nothing
    /// is.
    ///
    /// Texts with a place (`${…}`) are not known yet, so arguments that hold one are judged at the
    /// run.
    package func fault(of name: String, with: JSONValue) -> String? {
        do throws(ComponentFault) {
            if makers[name] != nil, with.hasPlaces { return nil }
            _ = try make(name, with)
            return nil
        } catch {
            return error.message
        }
    }
}

/// A component whose task names what it gives.
protocol NamingOutputs: Component {
    static func outputs(of with: JSONValue) -> [String]
}

/// A component that cannot be made as its task asks.
package struct ComponentFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    init(_ message: String) { self.message = message }

    package var description: String { message }
}

extension JSONValue {
    fileprivate var hasPlaces: Bool {
        switch self {
        case .null, .bool, .integer, .number: false
        case .string(let text): text.contains("${")
        case .array(let values): values.contains { $0.hasPlaces }
        case .object(let members): members.values.contains { $0.hasPlaces }
        }
    }
}
