/// A number as a text writes it, however long: two of them are compared digit by digit, and none is rounded.
///
/// A `-` or none, digits with at most one point, and an exponent or none: what JSON has, and leading zeros.
/// Not what `Double` reads besides: `nan`, `inf`, hexadecimal digits, a `+` in front.
struct DecimalText: Comparable {
    /// 1, 0 or -1.
    private let sign: Int
    /// 0…9, without zeros at either end; none for zero. The value is 0.DIGITS × 10^exponent.
    private let digits: [UInt8]
    private let exponent: Int

    /// So many digits may an exponent have, leading zeros left out.
    private static let exponentDigits = 15

    /// `nil` for a text that is no number.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        let whole = Self.digits(&rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = Self.digits(&rest)
        }
        // So that a text such as `.5` stays a text.
        guard !whole.isEmpty, let power = Self.exponent(&rest), rest.isEmpty else { return nil }
        let all = (whole + fraction).map { $0 - UInt8(ascii: "0") }
        let leading = all.prefix { $0 == 0 }.count
        let significant = all.dropFirst(leading)
        let trailing = significant.reversed().prefix { $0 == 0 }.count
        digits = Array(significant.dropLast(trailing))
        sign = digits.isEmpty ? 0 : isNegative ? -1 : 1
        exponent = digits.isEmpty ? 0 : whole.count - leading + power
    }

    private static func digits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let found = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[found.endIndex...]
        return found
    }

    /// - Returns: 0 where none is written, `nil` for one that is none or has too many digits.
    private static func exponent(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return 0 }
        rest.removeFirst()
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let written = digits(&rest)
        guard !written.isEmpty else { return nil }
        let value = written.drop { $0 == UInt8(ascii: "0") }
        guard value.count <= exponentDigits else { return nil }
        let size = value.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return isNegative ? -size : size
    }

    static func < (a: DecimalText, b: DecimalText) -> Bool {
        if a.sign != b.sign { return a.sign < b.sign }
        return a.sign < 0 ? isSmaller(b, a) : isSmaller(a, b)
    }

    /// By size alone.
    private static func isSmaller(_ a: DecimalText, _ b: DecimalText) -> Bool {
        a.exponent == b.exponent
            ? a.digits.lexicographicallyPrecedes(b.digits) : a.exponent < b.exponent
    }
}
