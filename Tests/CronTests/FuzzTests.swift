import Foundation
import Testing

@testable import Cron

/// The fuzzer's seeds, and random changes to them; `Tests/Fuzz/run` does it at length.
@Suite struct FuzzTests {
    private static let rounds = 3000

    private func seeds(_ target: FuzzChecks.Target) throws -> [[UInt8]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fuzz/seeds/\(target.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        return try files.sorted { $0.path < $1.path }.map { Array(try Data(contentsOf: $0)) }
    }

    @Test(arguments: FuzzChecks.Target.allCases)
    func `no input breaks a parser`(target: FuzzChecks.Target) throws {
        let seeds = try seeds(target)
        #expect(seeds.count >= 3)
        for seed in seeds { FuzzChecks.run(target, seed) }
        var random = SeededGenerator.announced("fuzz, \(target.rawValue)")
        for _ in 0..<Self.rounds {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                change(&bytes, from: seeds, using: &random)
            }
            FuzzChecks.run(target, bytes)
        }
    }

    private func change(
        _ bytes: inout [UInt8],
        from seeds: [[UInt8]],
        using random: inout SeededGenerator
    ) {
        guard let last = bytes.indices.last else { return }
        let place = Int.random(in: 0...last, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(bytes[Int.random(in: 0...last, using: &random)], at: place)
        case 4: bytes.removeLast(bytes.count - place)
        default:
            let other = seeds.randomElement(using: &random) ?? []
            let start = Int.random(in: 0...other.count, using: &random)
            bytes.replaceSubrange(place..., with: other[start...])
        }
    }
}
