import Flows
import Storage

/// Where the system has no room for a further process (fork(2): EAGAIN, ENOMEM; EMFILE, ENFILE), no task fails: it
/// waits until another ends, as with a shell.
extension Runner {
    struct Scarcity {
        /// How many may run until one more is tried.
        var room: Int
        /// Since when nothing of ours has run whose end would make room.
        var aloneSince: MonotonicTime?
    }

    /// The claim stays, before all others; nothing was launched.
    func putOff(_ claim: Claim, in slot: RunnerFile.Slot, _ reason: String) {
        crew?.file.didNotLaunch(in: slot)
        ending.launchedTasks -= 1
        if stop > .no {
            news.returned.append(claim)
            return
        }
        pending.putBack(claim)
        let room = running.count + componentLoad.open
        let since = room > 0 ? nil : scarcity?.aloneSince ?? .now
        scarcity = Scarcity(room: room, aloneSince: since)
        notifier.status("waiting to start a process: \(reason)")
        if let since, MonotonicTime.now - since > options.drain {
            ending.scarcity = reason
            return askToStop()
        }
        // Other programs' processes end too, and nobody tells of them.
        setTimer(.scarcity, after: RunnerLimit.scarcityLook) { [unowned self] in
            scarcity?.room = .max
            pace.mayHaveMore = true
        }
    }

    /// A process was started.
    func tellRoom() {
        guard let known = scarcity, running.count > known.room || known.room == .max else { return }
        scarcity = nil
        cancelTimer(.scarcity)
    }
}
