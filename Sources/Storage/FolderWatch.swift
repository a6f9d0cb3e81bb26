import Glibc

/// Tells which files of some folders were made or changed (inotify(7)).
///
/// Watch first and look then: what happens between the two is told.
package final class FolderWatch {
    /// Readable when something has happened.
    package let descriptor: Int32
    private var paths: [Int32: String] = [:]

    /// What wakes a watcher.
    package enum Events {
        /// A file was made, closed after writing, or moved into the folder.
        case arrivals
        /// Also each write to a file.
        case writes
        /// Also a file moved out or removed, and the folder's own end.
        case departures
        /// Also a change of owner or mode, the folder's too.
        case changes

        private static let departed = IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF

        fileprivate var mask: UInt32 {
            // Opening an existing `wake` for writing and closing it is all that a waker does.
            let arrivals = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO
            return switch self {
            case .arrivals: UInt32(arrivals)
            case .writes: UInt32(arrivals | IN_MODIFY)
            case .departures: UInt32(arrivals | Self.departed)
            case .changes: UInt32(arrivals | Self.departed | IN_ATTRIB)
            }
        }
    }

    /// What happened since the last look.
    package struct Changes {
        /// Names within the folders, `created` included.
        package var names: Set<String> = []
        /// Files that were made and not closed since: somebody may be writing them.
        package var created: Set<String> = []
        /// Names of which owner or mode has changed.
        package var touched: Set<String> = []
        /// Folders that are no more, not where they were, or not of the mode that they had.
        package var gone: Set<String> = []
        /// More happened than the kernel kept: look at everything.
        package var isOverflow = false

        package var isEmpty: Bool {
            names.isEmpty && touched.isEmpty && gone.isEmpty && !isOverflow
        }
    }

    /// Watches nothing yet.
    ///
    /// - Throws: `StorageError.unusable` where the kernel gives no more of them.
    package init() throws {
        descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else {
            throw StorageError(
                .unusable,
                "cannot watch files: inotify_init1: \(systemMessage())",
                hint: "raise fs.inotify.max_user_instances with sysctl(8)"
            )
        }
    }

    /// - Throws: `StorageError.notFound` where there is no such folder, else `.unusable`.
    package convenience init(_ path: String, _ events: Events = .arrivals) throws {
        try self.init()
        try add(path, events)
    }

    /// Watches one folder more; once more for one it watches already is no error.
    package func add(_ path: String, _ events: Events = .arrivals) throws {
        let watch = inotify_add_watch(descriptor, path, events.mask)
        guard watch >= 0 else {
            let isMissing = errno == ENOENT || errno == ENOTDIR
            throw StorageError(
                isMissing ? .notFound : .unusable,
                "cannot watch \(path): \(systemMessage())"
            )
        }
        // Another folder is at the path now: the former one is nobody's any more.
        for (former, _) in paths where former != watch && paths[former] == path {
            inotify_rm_watch(descriptor, former)
            paths[former] = nil
        }
        paths[watch] = path
    }

    /// Watches nothing any more. Where something was watched until just now, the kernel waits 10 ms and more
    /// before it closes `descriptor`; some milliseconds after this it does so at once.
    package func stop() {
        for watch in paths.keys { inotify_rm_watch(descriptor, watch) }
        paths = [:]
    }

    deinit { close(descriptor) }

    /// Takes what has happened; never blocks, and ends though more happens all the time.
    package func take() -> Changes {
        var changes = Changes()
        let headerBytes = MemoryLayout<inotify_event>.size
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            for _ in 0..<Self.mostReads {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                var offset = 0
                while offset + headerBytes <= count {
                    let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    let start = offset + headerBytes
                    let end = start + Int(event.len)
                    let name = buffer[start..<end].prefix { $0 != 0 }
                    note(event, String(decoding: name, as: UTF8.self), in: &changes)
                    offset = end
                }
            }
        }
        return changes
    }

    /// Of 16 KiB each: together more than the kernel keeps (fs.inotify.max_queued_events, 16,384 events of
    /// 32 bytes).
    private static let mostReads = 40

    private func note(_ event: inotify_event, _ name: String, in changes: inout Changes) {
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { changes.isOverflow = true }
        if event.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) != 0 {
            if let path = paths.removeValue(forKey: event.wd) { changes.gone.insert(path) }
            // A folder that was moved away is still watched by its inode.
            if event.mask & UInt32(IN_MOVE_SELF) != 0 { inotify_rm_watch(descriptor, event.wd) }
        } else if name.isEmpty {
            if let path = paths[event.wd] { changes.gone.insert(path) }
        } else if event.mask & UInt32(IN_ATTRIB) != 0 {
            changes.touched.insert(name)
        } else {
            let isNew = event.mask & UInt32(IN_CREATE) != 0 && !changes.names.contains(name)
            if isNew { changes.created.insert(name) } else { changes.created.remove(name) }
            changes.names.insert(name)
        }
    }
}
