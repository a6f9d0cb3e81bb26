import Flows
import Foundation
import Glibc
import Storage
import Testing

@testable import Execution

extension RunnerTests {
    /// Secrets, wherever a run carries them: known again by their value.
    @Suite struct Secrets {
        private let harness: RunnerHarness
        private static let key = "s3cr3t-value"

        init() throws {
            harness = try RunnerHarness()
            try harness.folder.write("KEY='\(Self.key)'\n", "k.env")
        }

        /// A task to which the file gives KEY, which is secret in its flow.
        private func knowing(_ name: String, _ text: String) -> TaskSpec {
            var task = TaskSpec.run(name, text)
            task.environmentFiles = [VariableFile("\(harness.folder.path)/k.env")]
            return task
        }

        @discardableResult
        private func register(
            _ tasks: [TaskSpec],
            _ name: String = "flow",
            _ change: (inout Flow) -> Void = { _ in }
        ) throws -> Int64 {
            try harness.register(tasks, flow: name) {
                $0.secrets = ["KEY"]
                change(&$0)
            }
        }

        /// Whatever of a run is shown or told.
        private func shown(_ run: Int64) throws -> String {
            let detail = try harness.store.run(run)
            let tasks = detail.tasks.map { task in
                let attempts = task.attempts.map { "\($0.note ?? "")" }.joined()
                let outputs = task.outputs.map { detail.summary.masking($0.value) }.joined()
                return "\(attempts)\(outputs)"
            }
            let outputs = detail.outputs.compactMap(\.value).map(detail.summary.masking)
            let lines = try harness.lines(ofRun: run).joined(separator: "\n")
            let parameters = detail.summary.shownParameters.map(\.value)
            return (tasks + outputs + parameters + [lines]).joined(separator: "\n")
        }

        @Test(arguments: [
            #"echo "$KEY and more" > $FLOWER_OUTPUT"#,
            // Cut after 40 bytes, the key would be cut in two.
            #"printf '%s' "a line of 34 bytes, and then the   $KEY" > $FLOWER_OUTPUT"#,
            #"printf 'k<<%s\nx\n' "$KEY" > $FLOWER_OUTPUT"#,
            #"printf '%s\n' "x<<" "$KEY" > $FLOWER_OUTPUT"#,
        ])
        func `a bad line of outputs is told without them`(text: String) throws {
            let run = try register([knowing("a", text)])
            #expect(try harness.runner().run().failedTasks == 1)
            let note = try harness.task("a", ofRun: run).attempts.first?.note ?? ""
            #expect(
                note.hasPrefix("$FLOWER_OUTPUT, line") && !note.contains(Self.key.prefix(6)),
                "\(note)"
            )
        }

        @Test func `outputs that hold one are masked for people, and whole for tasks`() throws {
            let run = try register([
                knowing(
                    "a",
                    #"echo "url=https://u:$KEY@h/" > $FLOWER_OUTPUT; echo plain=x >> $FLOWER_OUTPUT"#
                ),
                TaskSpec(
                    name: "b",
                    needs: ["a"],
                    action: .run(#"echo "$URL ${#URL}"; echo "own=$URL" > $FLOWER_OUTPUT"#),
                    environment: [Variable("URL", "${tasks.a.outputs.url}")]
                ),
                TaskSpec(
                    name: "c",
                    needs: ["b"],
                    action: .component(
                        name: "echo",
                        with: .object(["text": .string("got ${tasks.b.outputs.own}")])
                    )
                ),
            ])
            #expect(try harness.runner().run().failedTasks == 0)
            #expect(
                try harness.task("a", ofRun: run).outputs == [
                    Variable("plain", "x"), Variable("url", "https://u:***@h/"),
                ]
            )
            let length = "https://u:\(Self.key)@h/".utf8.count
            #expect(try harness.lines(ofRun: run, task: "b") == ["https://u:***@h/ \(length)"])
            #expect(try harness.lines(ofRun: run, task: "c") == ["got https://u:***@h/"])
            #expect(!(try shown(run)).contains(Self.key))
        }

        @Test func `an output, an item and a carried parameter stand in no words of an exec`()
            throws
        {
            let list = TaskSpec(
                name: "each",
                needs: ["a"],
                action: .exec(["echo", "${item}"]),
                traits: TaskTraits(forEach: .template("${tasks.a.outputs.list}"))
            )
            let run = try register([
                knowing("a", #"printf 'k=%s\nlist=["x","%s"]\n' "$KEY" "$KEY" > $FLOWER_OUTPUT"#),
                TaskSpec(
                    name: "b",
                    needs: ["a"],
                    action: .exec(["echo", "<${tasks.a.outputs.k}>"])
                ),
                list,
            ])
            #expect(try harness.runner().run().failedTasks == 2)
            for (name, place) in [("b", "tasks.a.outputs.k"), ("each[2]", "item")] {
                let attempt = try #require(try harness.task(name, ofRun: run).attempts.first)
                #expect(attempt.outcome == "not-started")
                #expect(
                    attempt.note
                        == "'${\(place)}' holds a secret, and the words of 'exec' are seen by all"
                        + " users of the machine; write environment: {VALUE: \"${\(place)}\"} and take it"
                        + " from there"
                )
            }
            #expect(try harness.task("each[1]", ofRun: run).state == .succeeded)
            #expect(!(try shown(run)).contains(Self.key))
        }

        @Test func `items carry them to a shell, which is masked`() throws {
            let run = try register([
                knowing("a", #"printf 'list<<E\nx\n%s\nE\n' "$KEY" > $FLOWER_OUTPUT"#),
                TaskSpec(
                    name: "each",
                    needs: ["a"],
                    action: .run(
                        #"echo "<$FLOWER_ITEM_VALUE>"; echo "o=$FLOWER_ITEM_VALUE" > $FLOWER_OUTPUT"#
                    ),
                    traits: TaskTraits(forEach: .template("${tasks.a.outputs.list}"))
                ),
                TaskSpec(
                    name: "all",
                    needs: ["each"],
                    action: .run(#"echo "$ALL""#),
                    environment: [Variable("ALL", "${tasks.each.outputs.o}")]
                ),
            ])
            #expect(try harness.runner().run().failedTasks == 0)
            #expect(try harness.lines(ofRun: run, task: "each").sorted() == ["<***>", "<x>"])
            #expect(try harness.lines(ofRun: run, task: "all") == [#"["x","***"]"#])
            #expect(!(try shown(run)).contains(Self.key))
        }

        @Test func `a run of another flow keeps what it is given, and what it gives back`() throws {
            var down = Flow(
                name: "down",
                parameters: [Variable("url", ""), Variable("token", ""), Variable("plain", "")],
                workingDirectory: harness.folder.path,
                tasks: [
                    .run("say", #"echo "$url|$token|$plain"; echo "u=$url" > $FLOWER_OUTPUT"#),
                    TaskSpec(name: "shown", needs: ["say"], action: .exec(["echo", "${token}"])),
                ],
                outputs: [
                    Variable("back", "<${tasks.say.outputs.u}>"), Variable("mine", "${token}"),
                ]
            )
            down.overlap = .allow
            let source = FlowSource(path: "/flows/down.yaml", digest: "1", flows: [down])
            _ = try harness.store.apply([source], by: "test", at: .now)
            let given = [
                Variable("plain", "east"), Variable("token", "${token}"),
                Variable("url", "https://${tasks.a.outputs.k}@h"),
            ]
            let run = try register([
                knowing("a", #"echo "k=$KEY" > $FLOWER_OUTPUT"#),
                TaskSpec(
                    name: "part",
                    needs: ["a"],
                    action: .flow(name: "down", parameters: given)
                ),
            ]) {
                $0.parameters = [Variable("token", "t0ken-value")]
                $0.secrets += ["token"]
            }
            // `shown` would show its token to everybody.
            #expect(try harness.runner().run().failedTasks == 2)
            let child = run + 1
            #expect(
                try harness.store.run(child).summary.shownParameters == [
                    Variable("plain", "east"), Variable("token", "***"), Variable("url", "***"),
                ]
            )
            #expect(try harness.lines(ofRun: child, task: "say") == ["***|***|east"])
            for run in [run, child] {
                let text = try shown(run)
                #expect(!text.contains(Self.key) && !text.contains("t0ken"), "\(text)")
            }
            let note = try harness.task("shown", ofRun: child).attempts.first?.note ?? ""
            #expect(note.hasPrefix("'${token}' holds a secret, and the words of 'exec'"))
            // Without that task the run succeeds, and what it gives back is still secret.
            _ = try harness.store.skip(child, task: "shown", by: "test", at: .now)
            #expect(try harness.store.run(child).outputs.map(\.value) == ["<***>", "***"])
        }
    }
}
