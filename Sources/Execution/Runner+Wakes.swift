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
        wakeWatch = watch
        let name = store.folder.wakePath.split(separator: "/").last.map(String.init) ?? ""
        _ = try loop.add(
            watch.descriptor,
            CallbackSource { [unowned self] in
                let changes = watch.take()
                if changes.isOverflow || changes.names.contains(name) { takeWake() }
            }
        )
    }

    /// A look follows, and so nothing is lost by taking it.
    private func takeWake() {
        pace.wake()
        note(wake.take())
    }
}
