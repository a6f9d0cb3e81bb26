import Glibc

/// A program that is asked something, such as systemctl(1).
package enum SystemProgram {
    /// Runs a line of sh(1) and waits for its end, at most `limitSeconds`; what it wrote to its output and
    /// errors, at most 1 MiB of it. `nil` where it could not be started or ended in error.
    ///
    /// By popen(3): so `line` is to be of this program's own words, never with a text of somebody else's.
    package static func output(of line: String, limitSeconds: Int = 10) -> String? {
        guard let stream = popen("timeout \(limitSeconds) \(line) 2>&1", "re") else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, stream) }
        guard pclose(stream) == 0 else { return nil }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
