import FlowerKit

/// Greets a person, once for each time asked for.
struct Greet: Component {
    static let name = "greet"
    let person: String
    let times: Int?

    func run(in context: ComponentContext) async throws {
        guard !person.isEmpty else { throw NobodyThere() }
        for _ in 0..<(times ?? 1) {
            context.print("\(context.task) of \(context.flow) says: good day, \(person)")
        }
        try context.output("greeted", person)
    }
}

struct NobodyThere: Error, CustomStringConvertible {
    let description = "there is nobody to greet"
}

/// A mistake of its author's: it ends the whole process.
struct Burst: Component {
    static let name = "burst"
    let list: [Int]

    func run(in context: ComponentContext) async throws {
        context.print("about to burst")
        context.print("\(list[list.count])")
    }
}

Flower.main(components: [Greet.self, Burst.self])
