import HostTime
import Testing

@testable import Cron

@Suite struct WorkedExampleTests {
    @Test func `the table is whole`() {
        #expect(WorkedExample.all.count == 63)
    }

    @Test func `the table of clock changes has its zones`() {
        #expect(Set(ClockChanges.all.map(\.zone)).count >= 15)
    }

    @Test(arguments: WorkedExample.all + ClockChanges.all)
    func `the next fires are those of the table`(example: WorkedExample) throws {
        let expression = try CronExpression(example.expression)
        let zone = try ZoneDirectory.host.zone(named: expression.zoneName ?? example.zone)
        let after = try Instant(iso8601: example.after)
        let fires = expression.fires(after: after, in: zone).prefix(max(1, example.fires.count))
            .map { $0.iso8601(in: zone) }
        #expect(Array(fires) == example.fires)
    }

    @Test(arguments: WorkedExample.all + ClockChanges.all)
    func `going back from a fire gives the fires before it`(example: WorkedExample) throws {
        let expression = try CronExpression(example.expression)
        let zone = try ZoneDirectory.host.zone(named: expression.zoneName ?? example.zone)
        guard let last = example.fires.last else { return }
        let back = expression.fires(before: try Instant(iso8601: last), in: zone)
            .prefix(example.fires.count - 1)
        #expect(back.map { $0.iso8601(in: zone) } == example.fires.dropLast().reversed())
    }

    @Test(arguments: WorkedExample.all)
    func `a second field of 0 in front changes nothing`(example: WorkedExample) throws {
        let parts = example.expression.split(separator: " ")
        guard parts.count == 5 else { return }
        let zone = try ZoneDirectory.host.zone(named: example.zone)
        let after = try Instant(iso8601: example.after)
        let plain = try CronExpression(example.expression)
        let seconds = try CronExpression("0 " + example.expression)
        let fires = seconds.fires(after: after, in: zone).prefix(20)
        #expect(Array(fires) == Array(plain.fires(after: after, in: zone).prefix(20)))
        #expect(seconds.canonicalText == plain.canonicalText)
    }
}
