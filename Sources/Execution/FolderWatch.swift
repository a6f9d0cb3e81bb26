import Glibc

/// Tells which files of a folder were made or changed (inotify(7)), itself included when it goes.
package final class FolderWatch {
    /// Readable when something has happened.
    package let descriptor: Int32

    /// What happened since the last look.
    package struct Changes {
        /// Names within the folder.
        package var names: Set<String> = []
        /// More happened than the kernel kept: look at everything.
        package var isOverflow = false
    }

    /// - Parameter seesWrites: also tells of each write to a file, not only of its closing.
    /// - Throws: `SystemFailure` with ENOENT where there is no such folder.
    package init(_ path: String, seesWrites: Bool) throws(SystemFailure) {
        descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else { throw SystemFailure("cannot create an inotify instance") }
        // Opening an existing `wake` for writing and closing it is all that a waker does.
        var mask = UInt32(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO)
        if seesWrites { mask |= UInt32(IN_MODIFY) }
        // `deinit` closes the descriptor also where this throws: every property has its value.
        guard inotify_add_watch(descriptor, path, mask) >= 0 else {
            throw SystemFailure("cannot watch \(path)")
        }
    }

    deinit { close(descriptor) }

    /// Takes what has happened; never blocks.
    package func take() -> Changes {
        var changes = Changes()
        let headerBytes = MemoryLayout<inotify_event>.size
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                var offset = 0
                while offset + headerBytes <= count {
                    let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { changes.isOverflow = true }
                    let start = offset + headerBytes
                    let end = start + Int(event.len)
                    let name = buffer[start..<end].prefix { $0 != 0 }
                    if !name.isEmpty { changes.names.insert(String(decoding: name, as: UTF8.self)) }
                    offset = end
                }
            }
        }
        return changes
    }
}
