import Components
import Flows
import Glibc
import Storage
import Testing

@testable import Execution

extension RunnerTests {
    /// `$FLOWER_OUTPUT`, from the task that writes to the task that reads.
    @Suite struct Outputs {
        private let harness: RunnerHarness

        init() throws { harness = try RunnerHarness() }

        private var leftFiles: [String] { folderNames(harness.folder.state.path + "/outputs") }

        @Test func `a value goes from one task to another, whatever is in it`() throws {
            let run = try harness.register([
                .run("a", #"printf 'x=a b\ny<<E\n1\n"2" $HOME\nE\n' > "$FLOWER_OUTPUT""#),
                TaskSpec(
                    name: "b",
                    needs: ["a"],
                    action: .exec(["printf", "%s|", "${tasks.a.outputs.x}", "${tasks.a.outputs.y}"])
                ),
                TaskSpec(
                    name: "c",
                    needs: ["a"],
                    action: .run(#"printf %s "$Y""#),
                    environment: [Variable("Y", "<${tasks.a.outputs.y}>")]
                ),
            ])
            #expect(try harness.runner().run().failedTasks == 0)
            #expect(try harness.tail("b", ofRun: run) == "a b|1\n\"2\" $HOME|")
            #expect(try harness.tail("c", ofRun: run) == "<1\n\"2\" $HOME>")
            #expect(leftFiles.isEmpty)
        }

        @Test func `a malformed line fails the task and says where`() throws {
            let run = try harness.register([
                .run("a", "echo oops >> $FLOWER_OUTPUT"), .run("b", ":", needs: ["a"]),
            ])
            #expect(try harness.runner().run().failedTasks == 1)
            let task = try harness.task("a", ofRun: run)
            #expect(task.state == .failed && task.attempts.first?.exitCode == 0)
            let note = task.attempts.first?.note ?? ""
            #expect(note.hasPrefix("$FLOWER_OUTPUT, line 1: 'oops' is no output; write key=value"))
            #expect(leftFiles.isEmpty)
        }

        @Test(arguments: ["rm -f $FLOWER_OUTPUT; mkdir $FLOWER_OUTPUT", "mkfifo $FLOWER_OUTPUT"])
        func `what is no file is refused and holds nobody up`(text: String) throws {
            let run = try harness.register([.run("a", text)])
            #expect(try harness.runner().run().failedTasks == 1)
            let note = try harness.task("a", ofRun: run).attempts.first?.note ?? ""
            #expect(note.hasPrefix("$FLOWER_OUTPUT: is no file that can be read"))
        }

        @Test(arguments: [
            // What ended by itself has written what it has; another may be in the midst of a line.
            ("printf 'k=1\nl=2' > $FLOWER_OUTPUT; exit 7", ["k=1", "l=2"], nil),
            ("printf 'k=1\nl=2' > $FLOWER_OUTPUT; kill -9 $$", ["k=1"], nil),
            ("printf 'k=1' > $FLOWER_OUTPUT; kill -9 $$", [], nil),
            (
                "printf 'k<<E\na\n' > $FLOWER_OUTPUT; kill -9 $$", [],
                "is not followed by a line 'E'"
            ),
            ("echo oops > $FLOWER_OUTPUT; exit 7", [], "line 1: 'oops' is no output"),
        ])
        func `what a failed task gave is kept`(
            text: String,
            outputs: [String],
            note: String?
        ) throws {
            let run = try harness.register([.run("a", text)])
            #expect(try harness.runner().run().failedTasks == 1)
            let task = try harness.task("a", ofRun: run)
            #expect(task.outputs.map { "\($0.name)=\($0.value)" } == outputs)
            #expect(task.attempts.first?.outcome != "succeeded")
            let told = task.attempts.first?.note
            #expect(note.map { told?.contains($0) == true } ?? (told == nil), "\(told ?? "")")
            #expect(leftFiles.isEmpty)
        }

        @Test func `what an attempt before the last one wrote is forgotten`() throws {
            let policy = RetryPolicy(limit: 1, delay: .milliseconds(1))
            let text = "echo k$FLOWER_ATTEMPT=1 >> $FLOWER_OUTPUT; [ $FLOWER_ATTEMPT = 2 ]"
            let run = try harness.register([.run("a", text, retries: policy)])
            _ = try harness.runner { $0.waitsForRetries = true }.run()
            #expect(try harness.task("a", ofRun: run).outputs == [Variable("k2", "1")])
            #expect(leftFiles.isEmpty)
        }

        @Test func `a missing output fails the task that names it`() throws {
            let run = try harness.register([
                .run("a", ":"),
                TaskSpec(name: "b", needs: ["a"], action: .exec(["${tasks.a.outputs.k}"])),
            ])
            #expect(try harness.runner().run().failedTasks == 1)
            let attempt = try #require(try harness.task("b", ofRun: run).attempts.first)
            #expect(attempt.outcome == "not-started")
            #expect(
                attempt.note == "task 'a' gave no output 'k': it wrote none to $FLOWER_OUTPUT"
            )
        }

        private struct Giver: Component {
            static let name = "giver"
            let key: String
            let value: String

            func run(in context: ComponentContext) async throws {
                try context.output(key, value)
                context.print("gave")
            }
        }

        /// Gives and fails.
        private struct Thrower: Component {
            static let name = "thrower"

            struct Failure: Error {}

            func run(in context: ComponentContext) async throws {
                try context.output("k", "v")
                throw Failure()
            }
        }

        @Test func `so is what a component gave before it failed`() throws {
            var registry = ComponentRegistry.builtIn
            registry.add(Thrower.self)
            let run = try harness.register([.component("a", "thrower", [:])])
            #expect(try harness.runner(registry: registry).run().failedTasks == 1)
            #expect(try harness.task("a", ofRun: run).outputs == [Variable("k", "v")])
            #expect(leftFiles.isEmpty)
        }

        @Test(arguments: [
            ("k", "a\nb", nil), ("1", "", "'1' names no output"), ("k", "\u{0}", "NUL"),
        ])
        func `a component gives outputs, of the same rules`(
            key: String,
            value: String,
            fault: String?
        ) throws {
            var registry = ComponentRegistry.builtIn
            registry.add(Giver.self)
            let run = try harness.register([
                .component("a", "giver", ["key": .string(key), "value": .string(value)])
            ])
            let ending = try harness.runner(registry: registry).run()
            let task = try harness.task("a", ofRun: run)
            #expect(leftFiles.isEmpty)
            guard let fault else {
                #expect(task.outputs == [Variable(key, value)])
                return
            }
            #expect(ending.failedTasks == 1 && task.outputs.isEmpty)
            let told = try (task.attempts.first?.note ?? "") + harness.tail(ofRun: run)
            #expect(told.contains(fault))
        }

        @Test func `items run side by side, each with its own`() throws {
            var each = TaskSpec.run(
                "each",
                #"echo "$FLOWER_ITEM:$FLOWER_ITEM_VALUE"; echo "n=$V" > $FLOWER_OUTPUT"#,
                needs: ["list"]
            )
            each.environment = [Variable("V", "<${item}>")]
            each.traits.forEach = .template("${tasks.list.outputs.names}")
            let run = try harness.register([
                .run("list", #"printf 'names=["a b","c"]\n' > $FLOWER_OUTPUT"#), each,
                TaskSpec(
                    name: "sum",
                    needs: ["each"],
                    action: .exec(["echo", "${tasks.each.outputs.n}"])
                ),
            ])
            #expect(try harness.runner().run().failedTasks == 0)
            #expect(try harness.lines(ofRun: run, task: "each").sorted() == ["1:a b", "2:c"])
            #expect(try harness.tail("sum", ofRun: run) == #"["<a b>","<c>"]"# + "\n")
        }
    }
}
