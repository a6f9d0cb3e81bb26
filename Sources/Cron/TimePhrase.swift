/// The time of day of a schedule in words: "At 02:30", "Every 15 minutes from 09:00 to 17:59".
struct TimePhrase {
    private let seconds: [Int]
    private let minutes: [Int]
    private let hours: [Int]

    /// More clock times than this are described by their rule.
    private static let clockTimeLimit = 6

    init(_ matcher: CronMatcher) {
        seconds = Phrase.values(matcher.seconds)
        minutes = Phrase.values(matcher.minutes)
        hours = Phrase.values(matcher.hours)
    }

    var text: String {
        if minutes.count < 60, seconds.count * minutes.count * hours.count <= Self.clockTimeLimit {
            return "At " + Phrase.list(clockTimes)
        }
        if seconds == [0] { return minutePhrase }
        return secondPhrase
    }

    private var clockTimes: [String] {
        hours.flatMap { hour in
            minutes.flatMap { minute in
                seconds.map { second in
                    let time = "\(Phrase.twoDigits(hour)):\(Phrase.twoDigits(minute))"
                    return seconds == [0] ? time : "\(time):\(Phrase.twoDigits(second))"
                }
            }
        }
    }

    // MARK: second 0 only

    private var minutePhrase: String {
        if minutes.count == 60 { return "Every minute" + hourSpan }
        if let step = Self.step(minutes, cycle: 60) { return "Every \(step) minutes" + hourSpan }
        let past: String
        switch minutes {
        case [0]: return onTheHour
        case _ where minutes.count == 1:
            past = "At \(minutes[0]) minute\(minutes[0] == 1 ? "" : "s") past "
        case _ where Self.isRun(minutes):
            past = "Every minute from \(minutes[0]) to \(minutes[minutes.count - 1]) past "
        default:
            past = "At minutes \(Self.listed(minutes)) past "
        }
        if hours.count == 24 { return past + "every hour" }
        if let step = Self.step(hours, cycle: 24) {
            return past + "every \(Phrase.ordinal(step)) hour"
        }
        if Self.isRun(hours) {
            return past + "every hour from \(hours[0]) to \(hours[hours.count - 1])"
        }
        return past + "the hours \(Self.listed(hours))"
    }

    private var onTheHour: String {
        if hours.count == 24 { return "Every hour, on the hour" }
        if let step = Self.step(hours, cycle: 24) { return "Every \(step) hours, on the hour" }
        if Self.isRun(hours) {
            let last = Phrase.twoDigits(hours[hours.count - 1])
            return "Every hour from \(Phrase.twoDigits(hours[0])):00 to \(last):00"
        }
        return "On the hour at the hours \(Self.listed(hours))"
    }

    /// " from 09:00 to 17:59", nothing for the whole day.
    private var hourSpan: String {
        if hours.count == 24 { return "" }
        if hours.count == 1 || Self.isRun(hours) {
            let last = Phrase.twoDigits(hours[hours.count - 1])
            return " from \(Phrase.twoDigits(hours[0])):00 to \(last):59"
        }
        if let step = Self.step(hours, cycle: 24) {
            return " in every \(Phrase.ordinal(step)) hour"
        }
        return " in the hours \(Self.listed(hours))"
    }

    // MARK: seconds

    private var secondPhrase: String {
        var text: String
        if seconds.count == 60 {
            text = "Every second"
        } else if let step = Self.step(seconds, cycle: 60) {
            text = "Every \(step) seconds"
        } else {
            text = "At second\(seconds.count == 1 ? "" : "s") \(Self.listed(seconds)) of "
            return text + (minutes.count == 60 ? "every minute" : minuteNoun) + hourSpan
        }
        if minutes.count < 60 { text += " of \(minuteNoun)" }
        return text + hourSpan
    }

    private var minuteNoun: String {
        if let step = Self.step(minutes, cycle: 60) {
            return "every \(Phrase.ordinal(step)) minute"
        }
        return "minute\(minutes.count == 1 ? "" : "s") \(Self.listed(minutes))"
    }

    // MARK: patterns

    /// The n of "every n": from 0, evenly, without a shorter step at the end.
    private static func step(_ values: [Int], cycle: Int) -> Int? {
        guard values.count >= 2, values[0] == 0 else { return nil }
        let step = values[1]
        guard step > 1, cycle % step == 0 else { return nil }
        return values == Array(stride(from: 0, to: cycle, by: step)) ? step : nil
    }

    private static func isRun(_ values: [Int]) -> Bool {
        values.count >= 3 && values[values.count - 1] - values[0] == values.count - 1
    }

    private static func listed(_ values: [Int]) -> String {
        Phrase.list(Phrase.ranges(values, range: { "\($0) to \($1)" }, name: { "\($0)" }))
    }
}
