/// Reads and writes the duration of `@every`: `1h30m`, `1.5h`, in sum at least one second.
enum EveryDuration {
    /// Nothing is looked for further away than this, so a longer wait would never fire.
    static let limitSeconds = CronMatcher.horizonSeconds

    /// Decimal places that count; a second has no meaning below them.
    private static let fractionDigits = 15
    private static let scale: Int128 = 1_000_000_000_000_000

    /// Whole seconds of the duration written at `span`.
    static func parse(_ text: CronText, _ span: Range<Int>) throws(CronError) -> Int64 {
        var position = span.lowerBound
        var total: Int128 = 0
        while position < span.upperBound {
            total += try parsePart(text, span, &position)
            guard total < Int128(limitSeconds + 1) * scale else {
                throw text.error("duration", "the duration is above 100 years", at: span)
            }
        }
        let seconds = Int64(total / scale)
        guard seconds >= 1 else {
            throw text.error(
                "duration",
                "the duration is below one second",
                at: span,
                hint: "write 1s or more"
            )
        }
        return seconds
    }

    /// One `digits[.digits]unit`, in units of 10^-15 s.
    private static func parsePart(
        _ text: CronText,
        _ span: Range<Int>,
        _ position: inout Int
    ) throws(CronError) -> Int128 {
        let start = position
        let whole = digits(text, span, &position)
        guard !whole.isEmpty else { throw unexpected(text, span, position) }
        var value: Int128 = 0
        for digit in text.bytes[whole] where value <= Int128(limitSeconds) {
            value = value * 10 + Int128(digit - UInt8(ascii: "0"))
        }
        value *= scale
        if position < span.upperBound, text.bytes[position] == UInt8(ascii: ".") {
            position += 1
            let fraction = digits(text, span, &position)
            guard !fraction.isEmpty else { throw unexpected(text, span, position) }
            var weight = scale
            for digit in text.bytes[fraction].prefix(fractionDigits) {
                weight /= 10
                value += weight * Int128(digit - UInt8(ascii: "0"))
            }
        }
        guard position < span.upperBound else {
            throw text.error(
                "duration",
                "a unit is missing after \(text.string(start..<position))",
                at: position..<position,
                hint: "units are h, m and s"
            )
        }
        let unit = text.bytes[position]
        guard let factor = seconds(of: unit) else {
            let number = text.string(start..<position)
            let isDay = unit == UInt8(ascii: "d") && start + 1...start + 6 ~= position
            let hours = isDay ? Int(number).map { "write \($0 * 24)h" } : nil
            throw text.error(
                "duration",
                "\(text.character(at: position)) is not a unit",
                at: position..<position + 1,
                hint: hours ?? "units are h, m and s"
            )
        }
        position += 1
        return value * factor
    }

    private static func seconds(of unit: UInt8) -> Int128? {
        switch unit {
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "s"): 1
        default: nil
        }
    }

    private static func digits(
        _ text: CronText,
        _ span: Range<Int>,
        _ position: inout Int
    ) -> Range<Int> {
        let start = position
        while position < span.upperBound, CronFieldParser.isDigit(text.bytes[position]) {
            position += 1
        }
        return start..<position
    }

    private static func unexpected(
        _ text: CronText,
        _ span: Range<Int>,
        _ position: Int
    ) -> CronError {
        guard position < span.upperBound else {
            return text.error("duration", "a number is missing", at: position..<position)
        }
        return text.error(
            "duration",
            "\(text.character(at: position)) is not a digit",
            at: position..<position + 1,
            hint: "write a duration such as 1h30m"
        )
    }

    /// The shortest spelling: `5400` is `1h30m`.
    static func text(seconds: Int64) -> String {
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}
