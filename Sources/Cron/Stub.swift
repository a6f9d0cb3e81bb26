package struct CronExpression: Sendable, Hashable {
    package init(_ text: String, hashID: String = "") throws(CronError) { canonicalText = text }
    package var canonicalText: String
    package var zoneName: String? { nil }
    package var isReboot: Bool { false }
    package var every: Int64? { nil }
    package func next(after: Instant, in zone: Zone) -> Instant? { nil }
}
package struct CronError: Error {
    package var field = "", problem = "", column = 1, length = 1, hint: String?
}
package struct Zone: Sendable {
    package let name: String; package static let utc = Zone(name: "UTC")
}
