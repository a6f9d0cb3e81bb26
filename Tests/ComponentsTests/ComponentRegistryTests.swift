import Flows
import Testing

@testable import Components

/// How `with:` becomes a component, and what is refused.
@Suite struct ComponentRegistryTests {
    struct Everything: Component {
        static let name = "everything"
        struct Part: Decodable {
            let size: Int8
            let tags: [String]?
        }
        let text: String
        let count: Int?
        let ratio: Double?
        let isOn: Bool?
        let pause: ComponentDuration?
        let part: Part?
        let more: [String: Int]?
        let any: JSONValue?

        func run(in context: ComponentContext) async throws {}
    }

    private var registry: ComponentRegistry {
        var registry = ComponentRegistry.builtIn
        registry.add(Everything.self)
        return registry
    }

    private func everything(_ with: [String: JSONValue]) throws -> Everything {
        try #require(try registry.make("everything", .object(with)) as? Everything)
    }

    @Test func `values of every kind arrive`() throws {
        let made = try everything([
            "text": .string("t"), "count": .integer(-3), "ratio": .number(0.5), "isOn": .bool(true),
            "pause": .string("1m30s"),
            "part": .object(["size": .integer(7), "tags": .array([.string("x"), .string("y")])]),
            "more": .object(["a": .integer(1)]), "any": .object(["deep": .array([.null])]),
        ])
        #expect(made.text == "t" && made.count == -3 && made.ratio == 0.5 && made.isOn == true)
        #expect(made.pause?.value == .seconds(90))
        #expect(made.part?.size == 7 && made.part?.tags == ["x", "y"])
        #expect(made.more == ["a": 1] && made.any == .object(["deep": .array([.null])]))
    }

    @Test func `a filled place is a text and stands for a number or a truth value`() throws {
        let made = try everything([
            "text": .integer(7), "count": .string("12"), "ratio": .string("1e3"),
            "isOn": .string("false"), "part": .object(["size": .string("-8")]),
        ])
        #expect(made.text == "7" && made.count == 12 && made.ratio == 1000 && made.isOn == false)
        #expect(made.part?.size == -8)
    }

    @Test(
        arguments: [
            ([:], "with lacks the key 'text'"),
            (["text": .array([])], "with.text: expected a text, not a list"),
            (["text": .string(""), "txet": .null], "with has no key 'txet'"),
            (
                ["text": .string(""), "count": .string("many")],
                "with.count: expected a whole number of -9223372036854775808...9223372036854775807,"
                    + " not the text 'many'"
            ),
            (
                ["text": .string(""), "part": .object(["size": .integer(300)])],
                "with.part.size: expected a whole number of -128...127, not a number"
            ),
            (
                [
                    "text": .string(""),
                    "part": .object(["size": .integer(1), "sise": .integer(1)]),
                ],
                "with.part has no key 'sise'"
            ),
            (
                [
                    "text": .string(""),
                    "part": .object(["size": .integer(1), "tags": .bool(true)]),
                ],
                "with.part.tags: expected a list, not true or false"
            ),
            (
                ["text": .string(""), "pause": .string("90")],
                "with.pause: '90' is no duration: \(DurationText.hint)"
            ),
        ] as [([String: JSONValue], String)]
    )
    func `what does not fit is refused with its place`(with: [String: JSONValue], message: String) {
        #expect(registry.fault(of: "everything", with: .object(with)) == message)
        #expect(throws: ComponentFault(message)) { try registry.make("everything", .object(with)) }
    }

    @Test func `a component without arguments takes none`() throws {
        _ = try registry.make("noop", .null)
        #expect(registry.fault(of: "noop", with: .object(["a": .null])) == "with has no key 'a'")
    }

    @Test func `an unknown name is told with the nearest`() {
        #expect(
            registry.fault(of: "http-pots", with: .null)
                == "this flower has no component 'http-pots'; did you mean 'http-post'?"
        )
        #expect(registry.fault(of: "zzz", with: .null) == "this flower has no component 'zzz'")
        let names = ["echo", "everything", "http", "http-post", "noop", "sleep"]
        #expect(registry.names == names)
    }

    @Test func `what holds a place is judged at the run`() {
        #expect(registry.fault(of: "sleep", with: .object(["duration": .string("${d}")])) == nil)
        #expect(registry.fault(of: "sleep", with: .object(["duration": .string("d")])) != nil)
        #expect(registry.fault(of: "slep", with: .object(["duration": .string("${d}")])) != nil)
    }
}
