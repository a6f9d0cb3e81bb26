import Glibc

/// A system call that failed where Flower itself, not a task, needed it.
package struct SystemFailure: Error, Sendable, CustomStringConvertible {
    /// What failed, on what: lower case, no full stop.
    package let message: String
    /// The `errno` of it.
    package let code: Int32

    /// - Parameter code: by default the present `errno`, so make it before any other call.
    init(_ message: String, code: Int32 = errno) {
        self.message = message
        self.code = code
    }

    package var description: String { "\(message): \(systemMessage(code))" }
}

/// strerror(3).
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
