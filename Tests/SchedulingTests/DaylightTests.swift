import Cron
import Flows
import Testing

/// Daylight saving, awake and asleep:
/// - Europe/London: 2026-03-29 01:00 GMT → 02:00 BST, 2026-10-25 02:00 BST → 01:00 GMT.
/// - Australia/Lord_Howe: 2026-10-04 02:00 +10:30 → 02:30 +11, 2026-04-05 02:00 +11 → 01:30 +10:30.
@Suite struct DaylightTests {
    static let forwardAwake = [
        ClockCase(
            title: "London, a daily time in the gap: right after it",
            cron: "30 1 * * *",
            zone: "Europe/London",
            start: "2026-03-28 01:00",
            moves: ["runs 03-30 12:00"],
            expected: [
                "03-28 01:30+00:00 … 03-30 01:30+01:00 registered ×3"
            ]
        ),
        ClockCase(
            title: "London, every half hour: none in the gap",
            cron: "*/30 * * * *",
            zone: "Europe/London",
            start: "2026-03-29 00:10",
            moves: ["runs 03-29 03:10"],
            expected: ["03-29 00:30+00:00 … 03-29 03:00+01:00 registered ×4"]
        ),
        ClockCase(
            title: "Lord Howe, a daily time in the half hour's gap: right after it",
            cron: "10 2 * * *",
            zone: "Australia/Lord_Howe",
            start: "2026-10-03 12:00",
            moves: ["runs 10-04 02:29+10:30", "runs 10-04 12:00"],
            expected: ["10-04 02:30+11:00 registered"]
        ),
        ClockCase(
            title: "Lord Howe, every twenty minutes: none in the gap",
            cron: "*/20 * * * *",
            zone: "Australia/Lord_Howe",
            start: "2026-10-04 01:30",
            moves: ["runs 10-04 03:10"],
            expected: ["10-04 01:40+10:30 … 10-04 03:00+11:00 registered ×3"]
        ),
    ]

    static let backAwake = [
        ClockCase(
            title: "London, a daily time that comes twice: once",
            cron: "30 1 * * *",
            zone: "Europe/London",
            start: "2026-10-24 12:00",
            moves: ["runs 10-26 12:00"],
            expected: ["10-25 01:30+01:00 … 10-26 01:30+00:00 registered ×2"]
        ),
        ClockCase(
            title: "London, hourly: both passes",
            cron: "30 * * * *",
            zone: "Europe/London",
            start: "2026-10-25 00:10",
            moves: ["runs 10-25 03:10"],
            expected: ["10-25 00:30+01:00 … 10-25 02:30+00:00 registered ×4"]
        ),
        ClockCase(
            title: "Lord Howe, a daily time that comes twice: once",
            cron: "45 1 * * *",
            zone: "Australia/Lord_Howe",
            start: "2026-04-04 12:00",
            moves: ["runs 04-05 12:00"],
            expected: ["04-05 01:45+11:00 registered"]
        ),
        ClockCase(
            title: "Lord Howe, every twenty minutes of one hour: the repeated half of it twice",
            cron: "*/20 1 * * *",
            zone: "Australia/Lord_Howe",
            start: "2026-04-04 12:00",
            moves: ["runs 04-05 12:00"],
            expected: ["04-05 01:00+11:00 … 04-05 01:40+10:30 registered ×4"]
        ),
    ]

    /// The machine sleeps through the change; all of it is a misfire but what is due as it wakes.
    static func asleep(
        _ title: String,
        _ cron: String,
        _ zone: String,
        _ start: String,
        _ wake: String,
        skip: [String],
        latest: [String],
        all: [String],
        replace: [String]
    ) -> [ClockCase] {
        let rows: [([CatchUp], [OverlapPolicy], [String])] = [
            ([.skip], OverlapPolicy.allCases, skip), ([.latest], OverlapPolicy.allCases, latest),
            ([.all], [.skip, .queue, .allow], all), ([.all], [.replace], replace),
        ]
        return rows.map { catchUps, overlaps, expected in
            ClockCase(
                title: title,
                cron: cron,
                zone: zone,
                start: start,
                moves: ["jumps \(wake)"],
                catchUps: catchUps,
                overlaps: overlaps,
                expected: expected
            )
        }
    }

    static let london =
        asleep(
            "London forward, daily in the gap",
            "30 1 * * *",
            "Europe/London",
            "2026-03-28 20:00",
            "03-29 12:00",
            skip: ["03-29 02:00+01:00 missed"],
            latest: ["03-29 02:00+01:00 registered"],
            all: ["03-29 02:00+01:00 registered"],
            replace: ["03-29 02:00+01:00 registered"]
        )
        + asleep(
            "London forward, half-hourly",
            "*/30 * * * *",
            "Europe/London",
            "2026-03-29 00:10",
            "03-29 03:10",
            skip: ["03-29 00:30+00:00 … 03-29 03:00+01:00 missed ×4"],
            latest: [
                "03-29 00:30+00:00 … 03-29 02:30+01:00 missed ×3", "03-29 03:00+01:00 registered",
            ],
            all: ["03-29 00:30+00:00 … 03-29 03:00+01:00 registered ×4"],
            replace: [
                "03-29 00:30+00:00 … 03-29 02:30+01:00 overlap ×3", "03-29 03:00+01:00 registered",
            ]
        )
        + asleep(
            "London back, hourly",
            "30 * * * *",
            "Europe/London",
            "2026-10-25 00:10",
            "10-25 02:10",
            skip: ["10-25 00:30+01:00 … 10-25 01:30+00:00 missed ×3"],
            latest: [
                "10-25 00:30+01:00 … 10-25 01:30+01:00 missed ×2", "10-25 01:30+00:00 registered",
            ],
            all: ["10-25 00:30+01:00 … 10-25 01:30+00:00 registered ×3"],
            replace: [
                "10-25 00:30+01:00 … 10-25 01:30+01:00 overlap ×2", "10-25 01:30+00:00 registered",
            ]
        )

    static let lordHowe =
        asleep(
            "Lord Howe forward, daily in the gap",
            "10 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03 20:00",
            "10-04 12:00",
            skip: ["10-04 02:30+11:00 missed"],
            latest: ["10-04 02:30+11:00 registered"],
            all: ["10-04 02:30+11:00 registered"],
            replace: ["10-04 02:30+11:00 registered"]
        )
        + asleep(
            "Lord Howe back, every twenty minutes of one hour",
            "*/20 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04 20:00",
            "04-05 12:00",
            skip: ["04-05 01:00+11:00 … 04-05 01:40+10:30 missed ×4"],
            latest: [
                "04-05 01:00+11:00 … 04-05 01:40+11:00 missed ×3", "04-05 01:40+10:30 registered",
            ],
            all: ["04-05 01:00+11:00 … 04-05 01:40+10:30 registered ×4"],
            replace: [
                "04-05 01:00+11:00 … 04-05 01:40+11:00 overlap ×3", "04-05 01:40+10:30 registered",
            ]
        )

    @Test(arguments: forwardAwake) func `clocks go forward`(row: ClockCase) throws {
        try row.check()
    }

    @Test(arguments: backAwake) func `clocks go back`(row: ClockCase) throws { try row.check() }

    @Test(arguments: london) func `asleep through a change, London`(row: ClockCase) throws {
        try row.check()
    }

    @Test(arguments: lordHowe) func `asleep through a change, Lord Howe`(row: ClockCase) throws {
        try row.check()
    }
}
