/// What another scheduler makes of a text, by an answer that is not ours.
enum ForeignMeaning: Sendable {
    /// systemd's, by `systemd-analyze calendar`.
    case systemd(String)
    /// croniter's own reading.
    case croniter(String)
    /// Quartz's or EventBridge's manual, by brute force: seconds to year.
    case quartz(String)
    /// What the words say, by brute force.
    case rule(BruteRule)
    /// So many seconds from one to the next, whenever the first is.
    case every(Int64)
    /// The hint says that it cannot be said, or names no expression.
    case unsaid
}

/// A text of another scheduler's, what Flower answers, and the expression that the hint names.
struct ForeignHint: Sendable {
    let text: String
    let message: String
    let hint: String
    /// As the hint has it; empty where it names none.
    let says: [String]
    /// Of an `except:` beside it.
    var except: String?
    let meaning: ForeignMeaning

    init(
        _ text: String,
        _ message: String,
        _ hint: String,
        says: [String] = [],
        except: String? = nil,
        _ meaning: ForeignMeaning
    ) {
        self.text = text
        self.message = message
        self.hint = hint
        self.says = says
        self.except = except
        self.meaning = meaning
    }

    private static let utc = "; EventBridge's rules go by UTC: CRON_TZ=UTC before it"
    private static let six =
        "schedule: six fields with '?' where it stands are EventBridge's, the year last (column 1)"

    static let eventBridge: [ForeignHint] = [
        .init(
            "0 10 * * ? *",
            six,
            "write 0 10 * * *\(utc)",
            says: ["0 10 * * *"],
            .quartz("0 0 10 * * ? *")
        ),
        .init(
            "15 12 ? * 2-6 *",
            six,
            "write 15 12 * * MON-FRI\(utc)",
            says: ["15 12 * * MON-FRI"],
            .quartz("0 15 12 ? * 2-6 *")
        ),
        .init(
            "0/10 8 ? * 1/2 2027-2030",
            six,
            "write 0 0/10 8 * * TUE,THU,SAT,SUN 2027-2030\(utc)",
            says: ["0 0/10 8 * * TUE,THU,SAT,SUN 2027-2030"],
            .quartz("0 0/10 8 ? * 1/2 2027-2030")
        ),
        .init(
            "0 9 ? * 6-2 *",
            six,
            "write 0 9 * * MON,FRI-SUN\(utc)",
            says: ["0 9 * * MON,FRI-SUN"],
            .quartz("0 0 9 ? * 6-2 *")
        ),
        .init(
            "0 9 ? * 3#2,6L *",
            six,
            "write 0 9 * * TUE#2,FRIL\(utc)",
            says: ["0 9 * * TUE#2,FRIL"],
            .quartz("0 0 9 ? * 3#2,6L *")
        ),
        .init(
            "0 9 ? * L *",
            six,
            "write 0 9 * * SAT\(utc)",
            says: ["0 9 * * SAT"],
            .quartz("0 0 9 ? * L *")
        ),
        .init(
            "0 8 1W * ? *",
            six,
            "write 0 8 1W * *\(utc)",
            says: ["0 8 1W * *"],
            .quartz("0 0 8 1W * ? *")
        ),
        .init(
            "cron(0 10 * * ? *)",
            "schedule: EventBridge's cron(…) is no schedule here (column 1)",
            "write 0 10 * * *\(utc)",
            says: ["0 10 * * *"],
            .quartz("0 0 10 * * ? *")
        ),
        .init(
            "cron(0 18 L * ? *)",
            "schedule: EventBridge's cron(…) is no schedule here (column 1)",
            "write 0 18 L * *\(utc)",
            says: ["0 18 L * *"],
            .quartz("0 0 18 L * ? *")
        ),
        .init(
            "rate(5 minutes)",
            "schedule: EventBridge's rate(…) is no schedule here (column 1)",
            "write @every 5m",
            says: ["@every 5m"],
            .every(300)
        ),
        .init(
            "rate(1 day)",
            "schedule: EventBridge's rate(…) is no schedule here (column 1)",
            "write @every 24h",
            says: ["@every 24h"],
            .every(86_400)
        ),
        .init(
            "at(2027-03-04T05:06:07)",
            "schedule: EventBridge's at(…) is no schedule here (column 1)",
            "write 7 6 5 4 3 * 2027\(utc)",
            says: ["7 6 5 4 3 * 2027"],
            .quartz("7 6 5 4 3 ? 2027")
        ),
    ]

    /// What is nearly another scheduler's.
    static let closest: [ForeignHint] = [
        .init(
            "cron(bad)",
            "schedule: EventBridge's cron(…) is no schedule here (column 1)",
            "write its fields without the last, the year, weekdays as names: 0 10 * * MON",
            .unsaid
        ),
        .init(
            "rate(bad)",
            "schedule: EventBridge's rate(…) is no schedule here (column 1)",
            "write @every 5m, @every 1h, …",
            .unsaid
        ),
        .init(
            "*:*:0.5",
            event,
            "parts of a second cannot be said; at the whole one before it: * * * * *",
            says: ["* * * * *"],
            .systemd("*:*:0")
        ),
        .init(
            "Mon *-*-* 1:00:30.25",
            event,
            "parts of a second cannot be said; at the whole one before it: 30 0 1 * * MON",
            says: ["30 0 1 * * MON"],
            .systemd("Mon *-*-* 1:00:30")
        ),
    ]

    private static let event =
        "schedule: this is a calendar event of systemd's, not a cron expression (column 1)"

    static let systemd: [ForeignHint] =
        [
            ("Mon *-*-* 18:00", "0 18 * * MON"), ("*:0/5", "*/5 * * * *"), ("daily", "0 0 * * *"),
            ("weekly", "0 0 * * MON"), ("minutely", "* * * * *"), ("quarterly", "0 0 1 1,4,7,10 *"),
            ("semiannually", "0 0 1 1,7 *"), ("yearly", "0 0 1 1 *"), ("hourly", "0 * * * *"),
            ("monthly", "0 0 1 * *"), ("Sat,Sun 6..20/2:30", "30 6-20/2 * * SAT,SUN"),
            ("*-*-* *:*:00/20", "*/20 * * * * *"), ("*-*~1 23:30", "30 23 L * *"),
            ("Mon *-05~07/1 04:00", "0 4 * 5 MONL"), ("Tue *-*-8..14 02:15", "15 2 * * TUE#2"),
            ("2027-*-* 03:00", "0 0 3 * * * 2027"), ("Thu *-*-1/2 05:00", "0 5 */2 * THU"),
            ("Fri", "0 0 * * FRI"), ("06:00 UTC", "CRON_TZ=UTC 0 6 * * *"),
        ].map { .init($0.0, event, "write \($0.1)", says: [$0.1], .systemd($0.0)) } + [
            .init(
                "Fri *-*-13 13:00",
                event,
                """
                days of both kinds: in a flow file, cron: "0 13 13 * *" with \
                except: ["* * * * MON-THU,SAT,SUN"]
                """,
                says: ["0 13 13 * *"],
                except: "* * * * MON-THU,SAT,SUN",
                .systemd("Fri *-*-13 13:00")
            )
        ]

    private static func word(_ word: String) -> String {
        "schedule: '\(word) …' is no schedule here (column 1)"
    }

    static let words: [ForeignHint] = [
        .init(
            "every 5 minutes",
            word("every"),
            "write @every 5m",
            says: ["@every 5m"],
            .every(300)
        ),
        .init(
            "@every 2 hours",
            word("@every"),
            "write @every 2h",
            says: ["@every 2h"],
            .every(7200)
        ),
        .init(
            "every minute",
            word("every"),
            "write * * * * *",
            says: ["* * * * *"],
            .rule(BruteRule(minutes: Set(0...59), hours: Set(0...23)))
        ),
        .init(
            "every hour",
            word("every"),
            "write @hourly",
            says: ["@hourly"],
            .rule(BruteRule(hours: Set(0...23)))
        ),
        .init("every day", word("every"), "write @daily", says: ["@daily"], .rule(BruteRule())),
        .init(
            "every day at 09:05",
            word("every"),
            "write 5 9 * * *",
            says: ["5 9 * * *"],
            .rule(BruteRule(minutes: [5], hours: [9]))
        ),
        .init(
            "every mon,friday 18:30",
            word("every"),
            "write 30 18 * * MON,FRI",
            says: ["30 18 * * MON,FRI"],
            .rule(
                BruteRule(minutes: [30], hours: [18]) { [1, 5].contains($0.weekday) }
            )
        ),
        .init(
            "every other tuesday",
            word("every"),
            "write @every 1h30m, or 30 2 * * * for 02:30",
            .unsaid
        ),
        .init(
            "@every_minute",
            "schedule: '@every_minute' is not an alias (column 1)",
            "write * * * * *",
            says: ["* * * * *"],
            .systemd("minutely")
        ),
        .init(
            "@quarterly",
            "schedule: '@quarterly' is not an alias (column 1)",
            "write 0 0 1 1,4,7,10 *",
            says: ["0 0 1 1,4,7,10 *"],
            .systemd("quarterly")
        ),
        .init(
            "{SCHEDULE} *",
            "schedule: '{SCHEDULE}' is a template's place that was not filled in"
                + " (column 1)",
            "write the five fields there: minute hour day-of-month month day-of-week",
            .unsaid
        ),
    ]

    static let terms: [ForeignHint] = [
        .init(
            "0 6 1-7 * +MON",
            "day-of-week: a number cannot begin with '+' (column 11)",
            "write 0 6 * * MON#1",
            says: ["0 6 * * MON#1"],
            .rule(BruteRule(hours: [6]) { $0.day <= 7 && $0.weekday == 1 })
        ),
        .init(
            "0 6 */2 * +MON",
            "day-of-week: a number cannot begin with '+' (column 11)",
            "write 0 6 */2 * MON: both must match there already",
            says: ["0 6 */2 * MON"],
            .rule(BruteRule(hours: [6]) { $0.day % 2 == 1 && $0.weekday == 1 })
        ),
        .init(
            "0 6 13 * +5",
            "day-of-week: a number cannot begin with '+' (column 10)",
            #"in a flow file, cron: "0 6 13 * *" with except: ["* * * * MON-THU,SAT,SUN"]"#,
            says: ["0 6 13 * *"],
            except: "* * * * MON-THU,SAT,SUN",
            .rule(BruteRule(hours: [6]) { $0.day == 13 && $0.weekday == 5 })
        ),
        .init(
            "0 6 * * MON-FRI#1",
            "day-of-week: '#' cannot follow 'MON-FRI' (column 16)",
            "write MON#1,TUE#1,WED#1,THU#1,FRI#1",
            says: ["0 6 * * MON#1,TUE#1,WED#1,THU#1,FRI#1"],
            .croniter("0 6 * * mon-fri#1")
        ),
        .init(
            "0 6 * * 4-5L",
            "day-of-week: 'L' cannot follow '4-5' (column 12)",
            "write THUL,FRIL",
            says: ["0 6 * * THUL,FRIL"],
            .croniter("0 6 * * L4,L5")
        ),
        .init(
            "0 6 25-L * *",
            "day-of-month: 'L' is not a number (column 8)",
            "write 25-31: a month without a 31st ends the range by itself",
            says: ["0 6 25-31 * *"],
            .croniter("0 6 25-L * *")
        ),
        .init(
            "0 6 W15 * *",
            "day-of-month: 'W' is not a number (column 5)",
            "write 15W for the weekday nearest to day 15",
            says: ["0 6 15W * *"],
            .croniter("0 6 W15 * *")
        ),
        .init(
            "/10 * * * *",
            "minute: the value before '/' is missing (column 1)",
            "write */10",
            says: ["*/10 * * * *"],
            .quartz("0 /10 * * * ? *")
        ),
        .init(
            "R 6 * * *",
            "minute: 'R' is not a number (column 1)",
            "write H: the job's name chooses once, R chooses anew at each start",
            says: ["H 6 * * *"],
            .unsaid
        ),
        .init(
            "R(10-20) 6 * * *",
            "minute: 'R' is not a number (column 1)",
            "write H(10-20): the job's name chooses once, R chooses anew at each start",
            says: ["H(10-20) 6 * * *"],
            .unsaid
        ),
        .init(
            "0 6 L-3W * *",
            "day-of-month: 'W' cannot follow 'L-3' (column 8)",
            "it cannot be said; LW, the last Monday-Friday day, comes closest",
            .unsaid
        ),
        .init(
            "0 6 * * L5",
            "day-of-week: 'L5' is not a weekday (column 9)",
            "write 5L for the last one of the month",
            says: ["0 6 * * 5L"],
            .croniter("0 6 * * L5")
        ),
        .init(
            "0 6 * * FRI-MON",
            "day-of-week: the range FRI-MON runs backwards (column 9)",
            "write 5-7,1",
            says: ["0 6 * * 5-7,1"],
            .croniter("0 6 * * FRI-MON")
        ),
        .init(
            "0 22-2 * * *",
            "hour: the range 22-2 runs backwards (column 3)",
            "write 22-23,0-2",
            says: ["0 22-23,0-2 * * *"],
            .croniter("0 22-2 * * *")
        ),
        .init(
            "0 6 * * L",
            "day-of-week: 'L' needs a weekday before it (column 9)",
            "write 6 or SAT for Quartz's L, 5L for the last Friday",
            says: [
                "0 6 * * 6",
                "0 6 * * SAT",
            ],
            .quartz("0 0 6 ? * L *")
        ),
        .init(
            "30 6 * * * 15",
            "day-of-week: 15 is out of range 0-7 (column 12)",
            "seconds stand first: 15 30 6 * * *",
            says: ["15 30 6 * * *"],
            .croniter("30 6 * * * 15")
        ),
        .init(
            "0 12 * * MON 0",
            "month: 'MON' is not a name (column 10)",
            "six fields begin with the seconds; without seconds and year write 0 12 * * MON",
            says: ["0 12 * * MON"],
            .croniter("0 12 * * MON 0")
        ),
        .init(
            "0 12 * * 1 2027",
            "day-of-week: 2027 is out of range 0-7 (column 12)",
            "a year needs the seconds field too: 0 0 12 * * 1 2027",
            says: ["0 0 12 * * 1 2027"],
            .quartz("0 0 12 ? * 2 2027")
        ),
    ]
}
