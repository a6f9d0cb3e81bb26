import FlowerKit

/// A component of the user's own: what `with:` gives is decoded into its properties.
struct Greet: Component {
    static let name = "greet"
    let person: String

    func run(in context: ComponentContext) async throws {
        context.print("hello \(person), this is task \(context.task) of flow \(context.flow)")
    }
}

@main
struct Greeter {
    static func main() { Flower.main(components: [Greet.self]) }
}
