import Glibc
import Synchronization

/// A number of milliseconds in a file that several processes have mapped: one sets it, the others read it.
package final class SharedClock: Sendable {
    /// Of the mapping, which lives as long as the process.
    private let address: Int

    /// Makes the file where there is none.
    package init?(path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = MemoryLayout<Atomic<Int64>>.size
        guard ftruncate(descriptor, off_t(size)) == 0,
            let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            mapped != MAP_FAILED
        else { return nil }
        address = Int(bitPattern: mapped)
    }

    package var milliseconds: Int64 {
        get { number.pointee.load(ordering: .acquiring) }
        set { number.pointee.store(newValue, ordering: .releasing) }
    }

    private var number: UnsafeMutablePointer<Atomic<Int64>> {
        guard let pointer = UnsafeMutablePointer<Atomic<Int64>>(bitPattern: address) else {
            preconditionFailure("mmap gives no null pointer")
        }
        return pointer
    }
}
