import Glibc

/// A call of libsystemd that failed, or libsystemd itself, which is not there.
package struct JournalFailure: Error, Sendable, CustomStringConvertible {
    /// What failed: lower case, no full stop.
    package let message: String
    /// The `errno` of it.
    package let code: Int32

    package init(_ message: String, code: Int32) {
        self.message = message
        self.code = code
    }

    static let noLibrary = JournalFailure("cannot use the journal without libsystemd", code: ENOENT)

    package var description: String { "\(message): \(String(cString: strerror(code)))" }

    /// Gives what libsystemd gave, unless that is a negative `errno`.
    @discardableResult
    static func checked(
        _ result: Int32,
        _ message: @autoclosure () -> String
    ) throws(JournalFailure) -> Int32 {
        guard result < 0 else { return result }
        throw JournalFailure(message(), code: -result)
    }
}
