import Components
import Flows
import Glibc
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Execution

extension RunnerTests {
    /// Random graphs, run by the real runner in lockstep with `GraphModel`.
    ///
    /// Each task waits in the gate until as many run as graph, workers, concurrency and pools allow at that
    /// moment; only then some of them end. So a runner that runs fewer stands still, one that runs more or in another order
    /// is caught at the gate, and no clock is asked. `FLOWER_SEED` repeats a run.
    @Suite struct RandomGraphs {
        private let harness: RunnerHarness

        init() throws { harness = try RunnerHarness() }

        @Test(
            arguments: [
                (tasks: 60, workers: 1, concurrency: nil, pools: [:]), (300, 7, nil, [:]),
                (300, 40, 3, [:]), (1_000, 16, 1_000, [:]), (5_000, 64, nil, [:]),
                (300, 40, nil, ["disk": 1, "gpu": 3]), (1_000, 12, 9, ["disk": 2, "gpu": 5]),
                (5_000, 64, 60, ["disk": 12, "gpu": 30]),
            ] as [(tasks: Int, workers: Int, concurrency: Int?, pools: [String: Int])]
        )
        func `order, parallelism and ends are what the graph says`(
            tasks: Int,
            workers: Int,
            concurrency: Int?,
            pools: [String: Int]
        ) throws {
            let given = getenv("FLOWER_SEED").flatMap { UInt64(String(cString: $0)) }
            let seed = given ?? UInt64.random(in: .min ... .max)
            print("random graph of \(tasks) tasks: FLOWER_SEED=\(seed)")
            for (name, slots) in pools {
                _ = try harness.store.setPool(name, slots: slots, by: "test", at: .now)
            }
            let graph = RandomGraph(count: tasks, pools: pools.keys.sorted(), seed: seed)
            let width = min(workers, concurrency ?? .max)
            let gate = Gate(graph, width: width, pools: pools, seed: seed)
            Gate.current.withLock { $0 = gate }
            defer { Gate.current.withLock { $0 = nil } }
            var registry = ComponentRegistry.builtIn
            registry.add(Probe.self)
            let run = try harness.register(graph.tasks, concurrency: concurrency)
            _ = try harness.runner(workers: workers, registry: registry).run()
            #expect(gate.faults == [], "FLOWER_SEED=\(seed)")
            let model = gate.model
            #expect(model.ready.isEmpty, "FLOWER_SEED=\(seed)")
            try compare(model, graph, run, seed)
        }

        private func compare(
            _ model: GraphModel,
            _ graph: RandomGraph,
            _ run: Int64,
            _ seed: UInt64
        ) throws {
            var wrong: [String] = []
            var hasFailed = false
            let rows = Dictionary(grouping: try harness.store.run(run).tasks, by: \.name)
            for position in graph.nodes.indices {
                let states = (rows[RandomGraph.name(position)] ?? []).map(\.state)
                let units = model.units(of: position).map { model.unitEnds[$0] }
                let expected: [TaskState]
                switch model.ends[position] {
                case .skipped: expected = [.skipped]
                case nil: expected = [.waiting]
                // Nothing of it ran: a list or a value was missing.
                case .failed where units.allSatisfy({ $0 == nil }): expected = [.failed]
                default: expected = units.map { $0 == .failed ? .failed : .succeeded }
                }
                hasFailed = hasFailed || expected.contains(.failed)
                if states != expected {
                    wrong.append("\(RandomGraph.name(position)): \(states), not \(expected)")
                }
            }
            #expect(wrong == [], "FLOWER_SEED=\(seed)")
            #expect(try harness.store.check() == [], "FLOWER_SEED=\(seed)")
            #expect(try harness.store.state(ofRun: run) == (hasFailed ? .failed : .succeeded))
        }
    }

    /// What every task of a random graph does: it asks the gate how to end.
    private struct Probe: Component {
        static let name = "probe"

        func run(in context: ComponentContext) async throws {
            guard let gate = Gate.current.withLock({ $0 }) else { return }
            let outputs = try await gate.pass(context.task, context.item, context.attempt)
            for (key, value) in outputs { try context.output(key, value) }
        }
    }

    /// Where the tasks of a random graph wait for each other.
    private final class Gate: Sendable {
        static let current = Mutex<Gate?>(nil)

        struct Failure: Error {}
        private typealias Waiting = CheckedContinuation<Bool, Never>

        private struct State {
            var model: GraphModel
            var random: SplitMix64
            var waiting: [Unit: Waiting] = [:]
            var faults: [String] = []
        }

        private let graph: RandomGraph
        private let width: Int
        private let pools: [String: Int]
        private let state: Mutex<State>

        init(_ graph: RandomGraph, width: Int, pools: [String: Int], seed: UInt64) {
            self.graph = graph
            self.width = width
            self.pools = pools
            state = Mutex(State(model: GraphModel(graph), random: SplitMix64(seed: seed ^ 1)))
        }

        var faults: [String] { state.withLock { $0.faults } }
        var model: GraphModel { state.withLock { $0.model } }

        /// - Returns: the task's outputs.
        /// - Throws: `Failure` where the attempt is planned to fail.
        func pass(_ task: String, _ item: Int, _ attempt: Int) async throws -> [(String, String)] {
            let unit = Unit(position: Int(task.dropFirst()) ?? -1, item: item)
            let isGood = await withTaskCancellationHandler {
                await withCheckedContinuation { enter(unit, attempt, $0) }
            } onCancel: {
                giveUp()
            }
            guard isGood else { throw Failure() }
            let node = graph.nodes[unit.position]
            let list = (0..<node.lines).map { "line \($0)" }.joined(separator: "\n")
            return [("v", "\(node.value)"), ("list", list)]
        }

        private func enter(_ unit: Unit, _ attempt: Int, _ waiting: Waiting) {
            let leaving = state.withLock { state -> [(Waiting, Bool)] in
                if !state.model.ready.contains(unit) {
                    state.faults.append("\(unit) was not to run now")
                    return [(waiting, false)]
                }
                let number = state.model.begin(unit)
                if number != attempt {
                    state.faults.append("\(unit) is attempt \(attempt), not \(number)")
                }
                state.waiting[unit] = waiting
                if state.waiting.count > width { state.faults.append("too many run at once") }
                for (pool, count) in used(state) where count > pools[pool] ?? 0 {
                    state.faults.append("\(count) run that take of \(pool)")
                }
                return leave(&state)
            }
            for (waiting, isGood) in leaving { waiting.resume(returning: isGood) }
        }

        /// Lets some go once as many are here as may be; where that frees no others, more.
        private func leave(_ state: inout State) -> [(Waiting, Bool)] {
            var leaving: [(Waiting, Bool)] = []
            while !state.waiting.isEmpty, isFull(state) {
                let units = state.waiting.keys.sorted {
                    ($0.position, $0.item) < ($1.position, $1.item)
                }
                let count = Int.random(in: 1...units.count, using: &state.random)
                for unit in units.shuffled(using: &state.random).prefix(count) {
                    let isGood = state.model.isGood(unit)
                    state.model.end(unit)
                    if let waiting = state.waiting.removeValue(forKey: unit) {
                        leaving.append((waiting, isGood))
                    }
                }
            }
            return leaving
        }

        /// Whether nothing more may run at this moment. All take one slot at most, so that no ready task is
        /// passed over for another that waits for more.
        private func isFull(_ state: State) -> Bool {
            if state.waiting.count >= width { return true }
            let used = used(state)
            return !state.model.ready.contains { unit in
                guard let pool = graph.nodes[unit.position].pool else { return true }
                return used[pool, default: 0] < pools[pool] ?? 0
            }
        }

        private func used(_ state: State) -> [String: Int] {
            guard !pools.isEmpty else { return [:] }
            let names = state.waiting.keys.compactMap { graph.nodes[$0.position].pool }
            return names.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }

        /// An attempt's time is over: fewer run than might.
        private func giveUp() {
            let all = state.withLock { state in
                let count = state.model.ready.count
                state.faults.append("only \(state.waiting.count) run, and \(count) more might")
                defer { state.waiting = [:] }
                return Array(state.waiting.values)
            }
            for waiting in all { waiting.resume(returning: false) }
        }
    }
}
