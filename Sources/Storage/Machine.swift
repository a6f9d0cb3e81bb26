import Glibc

/// What tells this machine, and this start of it, from others.
package enum Machine {
    /// `/proc/sys/kernel/random/boot_id`; empty where there is no `/proc`, which matches no other
    /// boot.
    package static let bootID: String = {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)).prefix { $0 != 10 }, as: UTF8.self)
    }()

    package static let pidNamespace: Int64 = {
        var status = stat()
        return stat("/proc/self/ns/pid", &status) == 0 ? Int64(status.st_ino) : 0
    }()
}
