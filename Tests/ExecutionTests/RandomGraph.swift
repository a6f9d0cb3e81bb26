import Flows
import TestSupport

@testable import Execution

/// A random flow with all that a graph may have, and a model of what must become of it.
///
/// The model shares nothing with the code under test but the flow's text: it knows tasks, needs and what
/// each attempt is planned to come to, and works out by itself what may run, and how each task ends.
struct RandomGraph {
    /// When a task is executed, as the model sees it.
    enum Rule: CaseIterable {
        case plain, succeeded, failed, notFailed, always, never
        /// The output `v` of the first need is above 4.
        case output
    }

    enum Items: Equatable {
        case none
        case fixed(Int)
        /// As many as the first need says in its output `list`.
        case listed
    }

    struct Node {
        var needs: [Int] = []
        var rule = Rule.plain
        var items = Items.none
        var retries = 0
        /// So many attempts fail before one succeeds.
        var failures = 0
        /// What its output `v` says, and how many lines its output `list` has.
        var value = 0
        var lines = 0
        /// Of which it takes a slot, each of its items.
        var pool: String?
    }

    var nodes: [Node] = []

    /// Tasks in clusters that do not need each other: what waits for a person in one leaves the others.
    init(count: Int, pools: [String] = [], seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let cluster = 40
        for position in 0..<count {
            var node = Node()
            let first = position / cluster * cluster
            let earlier = Array(first..<position)
            let wanted = min(earlier.count, Int.random(in: 0...3, using: &random))
            node.needs = Array(Set(earlier.suffix(12).shuffled(using: &random).prefix(wanted)))
                .sorted()
            if !node.needs.isEmpty {
                node.rule = Self.rule(using: &random)
                node.items = Self.items(using: &random)
            } else if Int.random(in: 0..<10, using: &random) == 0 {
                node.items = .fixed(Int.random(in: 0...3, using: &random))
            }
            // The two forms that read an output need a need with one value.
            let source = node.needs.first.map { nodes[$0] }
            if source?.items != Items.none {
                if node.rule == .output { node.rule = .always }
                if node.items == .listed { node.items = .none }
            }
            node.retries = Int.random(in: 0...2, using: &random)
            let chance = Int.random(in: 0..<100, using: &random)
            node.failures = chance < 5 ? 9 : chance < 15 ? 1 : 0
            node.value = Int.random(in: 0...9, using: &random)
            node.lines = Int.random(in: 0...4, using: &random)
            // One that reads an output fails where there is none, by being claimed: in the model at once.
            let reads = node.rule == .output || node.items == .listed
            if Int.random(in: 0..<2, using: &random) == 0, !reads {
                node.pool = pools.randomElement(using: &random)
            }
            nodes.append(node)
        }
    }

    private static func rule(using random: inout SplitMix64) -> Rule {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<60: .plain
        case 60..<65: .succeeded
        case 65..<75: .failed
        case 75..<80: .notFailed
        case 80..<88: .always
        case 88..<91: .never
        default: .output
        }
    }

    private static func items(using random: inout SplitMix64) -> Items {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: .fixed(Int.random(in: 0...4, using: &random))
        case 1, 2: .listed
        default: .none
        }
    }

    static func name(_ position: Int) -> String { "t\(position)" }

    /// As a flow file would declare it, every task the component `probe`.
    var tasks: [TaskSpec] {
        get throws {
            try nodes.enumerated().map { position, node in
                var task = TaskSpec(
                    name: Self.name(position),
                    needs: node.needs.map(Self.name),
                    action: .component(name: "probe", with: .object([:])),
                    timeout: .seconds(60),
                    retries: RetryPolicy(limit: node.retries, delay: .zero)
                )
                let source = node.needs.first.map { "${tasks.\(Self.name($0)).outputs" } ?? ""
                switch node.rule {
                case .plain: break
                case .succeeded: task.traits.when = try Condition("succeeded")
                case .failed: task.traits.when = try Condition("failed")
                case .notFailed: task.traits.when = try Condition("not failed")
                case .always: task.traits.when = try Condition("always")
                case .never: task.traits.when = try Condition("false")
                case .output: task.traits.when = try Condition("\(source).v} > 4")
                }
                task.pools = node.pool.map { [PoolDemand($0, 1)] } ?? []
                switch node.items {
                case .none: break
                case .fixed(let count):
                    task.traits.forEach = .texts((0..<count).map { "item \($0)" })
                case .listed: task.traits.forEach = .template("\(source).list}")
                }
                return task
            }
        }
    }
}

/// One execution of a task: the task itself is item 0.
struct Unit: Hashable {
    let position: Int
    let item: Int
}

/// What may run now, and how every task ends.
struct GraphModel {
    enum End: Equatable {
        case succeeded, failed, skipped
    }

    private let graph: RandomGraph
    private let dependents: [[Int]]
    /// `nil` until it has ended with all its items.
    private(set) var ends: [End?]
    /// Of executed units that have ended.
    private(set) var unitEnds: [Unit: End] = [:]
    /// May run: neither running nor ended, their needs and their condition being met.
    private(set) var ready: Set<Unit> = []
    private var open: [Int: Int] = [:]
    private var attempts: [Unit: Int] = [:]
    private var isJudged: [Bool]
    /// Waits for one that has failed, or for one that waits so: without a person it does not go on.
    private var isStalled: [Bool]

    init(_ graph: RandomGraph) {
        self.graph = graph
        var dependents = [[Int]](repeating: [], count: graph.nodes.count)
        for (position, node) in graph.nodes.enumerated() {
            for need in node.needs { dependents[need].append(position) }
        }
        self.dependents = dependents
        ends = Array(repeating: nil, count: graph.nodes.count)
        isJudged = Array(repeating: false, count: graph.nodes.count)
        isStalled = isJudged
        look(at: Array(graph.nodes.indices))
    }

    /// A unit begins its next attempt; its number.
    mutating func begin(_ unit: Unit) -> Int {
        ready.remove(unit)
        attempts[unit, default: 0] += 1
        return attempts[unit, default: 0]
    }

    /// Whether the present attempt of a unit is planned to succeed.
    func isGood(_ unit: Unit) -> Bool {
        attempts[unit, default: 0] > graph.nodes[unit.position].failures
    }

    /// The present attempt of a unit ends as planned.
    mutating func end(_ unit: Unit) {
        let node = graph.nodes[unit.position]
        if isGood(unit) {
            unitEnds[unit] = .succeeded
        } else if attempts[unit, default: 0] <= node.retries {
            ready.insert(unit)
            return
        } else {
            unitEnds[unit] = .failed
        }
        open[unit.position, default: 0] -= 1
        if open[unit.position] == 0 {
            close(unit.position)
        } else if unitEnds[unit] == .failed {
            look(at: dependents[unit.position])
        }
    }

    private mutating func close(_ position: Int) {
        let items = unitEnds.isEmpty ? [] : units(of: position).compactMap { unitEnds[$0] }
        ends[position] = items.contains(.failed) ? .failed : .succeeded
        look(at: dependents[position])
    }

    func units(of position: Int) -> [Unit] {
        switch graph.nodes[position].items {
        case .none: [Unit(position: position, item: 0)]
        case .fixed(let count): (0..<count).map { Unit(position: position, item: $0 + 1) }
        case .listed:
            (0..<graph.nodes[graph.nodes[position].needs[0]].lines).map {
                Unit(position: position, item: $0 + 1)
            }
        }
    }

    /// Judges tasks of which a need has changed, and those that follow.
    private mutating func look(at positions: [Int]) {
        var queue = positions
        while let position = queue.popLast() {
            guard !isJudged[position] else { continue }
            guard let end = judged(position) else {
                if !isStalled[position], stalls(position) {
                    isStalled[position] = true
                    queue += dependents[position]
                }
                continue
            }
            isJudged[position] = true
            if end == .succeeded {
                let units = units(of: position)
                ready.formUnion(units)
                open[position] = units.count
            } else {
                ends[position] = end
                queue += dependents[position]
            }
        }
    }

    private func stalls(_ position: Int) -> Bool {
        let node = graph.nodes[position]
        return ![.failed, .notFailed, .always].contains(node.rule)
            && node.needs.contains { ends[$0] == .failed || isStalled[$0] || hasFailedItem($0) }
    }

    /// One is enough, though others of its items may run still.
    private func hasFailedItem(_ position: Int) -> Bool {
        open[position, default: 0] > 0
            && units(of: position).contains { unitEnds[$0] == .failed }
    }

    /// `succeeded` = it is executed, `nil` = not yet, or never without a person.
    private func judged(_ position: Int) -> End? {
        let node = graph.nodes[position]
        let areOver = node.needs.allSatisfy { ends[$0] != nil || isStalled[$0] }
        let haveFailed = node.needs.contains { ends[$0] == .failed || isStalled[$0] }
        let haveSucceeded = areOver && !haveFailed
        let isExecuted: Bool
        switch node.rule {
        case .plain, .succeeded:
            guard haveSucceeded else { return nil }
            isExecuted = true
        case .never:
            guard haveSucceeded else { return nil }
            isExecuted = false
        case .output:
            guard haveSucceeded else { return nil }
            // A skipped need has no output: that fails the task.
            if ends[node.needs[0]] == .skipped { return .failed }
            isExecuted = graph.nodes[node.needs[0]].value > 4
        case .failed, .notFailed:
            guard areOver else { return nil }
            isExecuted = haveFailed == (node.rule == .failed)
        case .always:
            guard areOver else { return nil }
            isExecuted = true
        }
        guard isExecuted else { return .skipped }
        // Likewise a list; and of a failed need there is none either. To one that is executed after
        // failures it is empty.
        if node.items == .listed, ends[node.needs[0]] != .succeeded {
            let isLenient = [.failed, .notFailed, .always].contains(node.rule)
            return isLenient ? .skipped : .failed
        }
        return units(of: position).isEmpty ? .skipped : .succeeded
    }
}
