import Storage

/// What others have committed: whoever does so touches `wake`.
extension Runner {
    /// Watches for it, and looks once for what came before. Where the kernel gives no watch, looks every
    /// `RunnerLimit.look`, until it does.
    func listenForWakes() {
        do {
            try watchForWakes()
        } catch {
            notifier.status("\(error); looking once a second")
            setTimer(.wakes, after: RunnerLimit.look) { [unowned self] in listenForWakes() }
        }
        takeWake()
    }

    private func watchForWakes() throws {
        let watch = try FolderWatch(store.folder.path)
        // A runner's file is closed by its end, however it comes.
        try watch.add(store.folder.runnersPath)
        wakeWatch = watch
        let name = store.folder.wakeName
        // Whose end came before that is seen by this.
        scheduleNextLook(after: .zero)
        _ = try loop.add(
            watch.descriptor,
            CallbackSource { [unowned self] in
                let changes = watch.take()
                if changes.isOverflow || changes.names.contains(name) { takeWake() }
                let own = crew?.identity.id
                if changes.names.contains(where: { Int64($0).map { $0 != own } ?? false }) {
                    scheduleNextLook(after: RunnerLimit.peerEnd)
                }
            }
        )
    }

    /// A look follows, and so nothing is lost by taking it.
    private func takeWake() {
        pace.wake()
        note(wake.take())
    }
}
