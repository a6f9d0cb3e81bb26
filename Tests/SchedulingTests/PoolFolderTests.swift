import Cron
import FlowFiles
import Flows
import Foundation
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// A file of the scheduler's folder whose tasks take of a pool that is not there.
@Suite struct PoolFolderTests {
    let temporary: TemporaryFolder
    let store: Store
    let folder: FlowFolder
    let now = Instant(seconds: 1_793_613_600)

    init() throws {
        temporary = try TemporaryFolder()
        let flows = temporary.path + "/flows"
        try FileManager.default.createDirectory(
            atPath: flows,
            withIntermediateDirectories: false
        )
        store = try Store.open(StateFolder(path: temporary.path + "/state"), create: true)
        folder = try FlowFolderTests.watch(flows, store)
        let text = "flow: a\ntasks: {t: {run: x, pools: {gpu: 2}}}\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(flows)/a.yaml"))
    }

    private func apply() throws -> [String] {
        var told: [String] = []
        folder.takeNote()
        _ = try folder.apply(at: now, report: { told.append($0.text) }, between: {})
        return told.map { $0.replacing(folder.path + "/", with: "") }
    }

    @Test func `is refused with the remedy, and applied once the pool is there`() throws {
        #expect(try !folder.awaitsPools())
        #expect(
            try apply() == [
                """
                a.yaml is refused:
                a.yaml:2:29: task 't' of flow 'a' takes of pool 'gpu', which is not there
                    tasks: {t: {run: x, pools: {gpu: 2}}}
                                                ^~~
                    hint: flower pool set gpu 2
                """
            ]
        )
        #expect(try store.flows(at: now).isEmpty)
        #expect(try !folder.awaitsPools())
        _ = try store.setPool("gpu", slots: 4, by: "test", at: now)
        #expect(try folder.awaitsPools())
        #expect(try apply() == ["a.yaml: flow 'a' added", "a.yaml is no longer refused"])
        #expect(try !folder.awaitsPools())
    }
}
