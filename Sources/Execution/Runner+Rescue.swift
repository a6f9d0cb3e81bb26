import CLinux
import Cron
import Flows
import Glibc
import Storage

extension Runner {
    /// Looks at the locks of the other runners, and takes over what dead ones left.
    ///
    /// - Returns: whether there was any.
    @discardableResult
    func lookAtPeers() throws -> Bool {
        let unended = try store.unendedRunners()
        var hasDead = false
        let ids = Set(folderNames(store.folder.runnersPath).compactMap(Int64.init))
            .union(unended.map(\.id)).subtracting(crew.map { [$0.identity.id] } ?? [])
        for id in ids.sorted() where !rescues.contains(where: { $0.identity.id == id }) {
            // A free lock is the one sign of death: a stopped or slow runner still holds its.
            guard let file = DeadRunnerFile(id, in: store.folder) else { continue }
            guard let dead = unended.first(where: { $0.id == id }) else {
                // It claimed nothing, or said that it ended.
                file.remove()
                continue
            }
            hasDead = true
            try beginRescue(of: dead, file)
        }
        return hasDead
    }

    /// - Parameter span: until then; a runner's file that is closed is let go a moment later.
    func scheduleNextLook(after span: Duration = RunnerLimit.peerLook) {
        setTimer(.peers, after: span) { [unowned self] in
            do {
                try lookAtPeers()
            } catch {
                pace.fatal = error
            }
            scheduleNextLook()
        }
    }

    private func beginRescue(of dead: RunnerIdentity, _ file: DeadRunnerFile) throws {
        let crew = try readyCrew()
        let rescue = Rescue(dead, file, outputs)
        rescues.append(rescue)
        var adopted: [Adopted] = []
        for abandoned in try store.abandoned(by: dead) {
            let claim = abandoned.claim
            var record = file.record(of: claim)
            if record == nil, let startedAt = abandoned.startedAt {
                // The database saw it running, the file was lost.
                var known = LaunchRecord()
                known.startedAt = startedAt.milliseconds
                record = known
            }
            guard let record else {
                rescue.addUnlaunched(claim)
                continue
            }
            let source = LogSource(claim)
            let output = AttemptOutput(
                source,
                crew.sink,
                adopted: LogFolder(store.folder).kept(of: source),
                mask: mask(of: claim)
            )
            let attempt = Attempt(
                claim,
                output,
                slot: nil,
                startedAt: Instant(milliseconds: record.startedAt)
            )
            attempt.pid = record.pid > 0 ? pid_t(truncatingIfNeeded: record.pid) : abandoned.pid
            rescue.open.append(attempt)
            adopted.append(Adopted(attempt: attempt, record: record, isOwnWorld: file.isOwnWorld))
        }
        crew.processes.adopt(adopted)
        finishRescueIfDone(rescue)
    }

    /// What may stand in what an attempt has left, as its own runner knew it; a file of variables that is
    /// gone since tells nothing any more.
    private func mask(of claim: Claim) -> Mask {
        guard !claim.run.secrets.isEmpty || !claim.secrets.isEmpty else { return .none }
        if let world = try? world(of: claim) { return world.mask }
        return (try? worlds.world(of: claim.run).mask.adding(claim.secrets)) ?? .none
    }

    /// Once nothing of the dead runner's runs any more, the database is told.
    func finishRescueIfDone(_ rescue: Rescue) {
        guard rescue.open.isEmpty, !rescue.isSent, let crew else { return }
        rescue.isSent = true
        let work = TurnWriter.Work.rescue(
            rescue.identity,
            ended: rescue.ended,
            returned: rescue.returned
        )
        do { try crew.writer.send(work) } catch { pace.fatal = error }
    }

    /// The database has been told, or could not be.
    func rescued(_ dead: RunnerIdentity, _ result: Result<[TaskState?], any Error>) throws {
        guard let rescue = rescues.first(where: { $0.identity == dead }) else { return }
        switch result {
        case .success(let states):
            ending.count(rescue.ended, states)
            tell(rescue, states)
            rescue.file.remove()
            outputs.remove(of: rescue.ended)
            outputs.sweep(store)
            rescues.removeAll { $0 === rescue }
            pace.wake()
        case .failure:
            // Tried again as a whole at the next look; until then the lock is kept from no one.
            rescues.removeAll { $0 === rescue }
        }
    }
}

/// What a dead runner left, on its way into the database.
final class Rescue {
    let identity: RunnerIdentity
    let file: DeadRunnerFile
    /// Whose processes have not all ended.
    var open: [Attempt] = []
    private(set) var ended: [AttemptEnd] = []
    private(set) var returned: [Claim] = []
    var isSent = false
    private let outputs: OutputFolder

    init(_ identity: RunnerIdentity, _ file: DeadRunnerFile, _ outputs: OutputFolder) {
        self.identity = identity
        self.file = file
        self.outputs = outputs
    }

    /// A claim of which no launch is recorded goes back and costs no retry, where the record can be
    /// trusted: it does not outlive a power cut, after which it counts as interrupted.
    func addUnlaunched(_ claim: Claim) {
        // What waited for a run has nothing to be launched.
        if case .flow = claim.action { return returned.append(claim) }
        if file.isWhole, identity.bootID == Machine.bootID {
            returned.append(claim)
            return
        }
        let start = AttemptStart(claim: claim, startedAt: .now, pid: nil, sink: "")
        var end = AttemptEnd(start: start, endedAt: .now, duration: .zero, outcome: .interrupted)
        end.note = "the machine stopped; whether the task had begun is not known"
        ended.append(end)
    }

    /// - Returns: whether the attempt is one of these.
    func take(_ attempt: Attempt, _ result: AttemptResult) -> Bool {
        guard let index = open.firstIndex(where: { $0 === attempt }) else { return false }
        open.remove(at: index)
        ended.append(attempt.end(result, outputs))
        return true
    }
}

/// The file of a runner that is dead, held locked by its rescuer so that there is only one.
final class DeadRunnerFile {
    /// Whether it is as its runner made it; else it was lost, and made anew to be locked.
    let isWhole: Bool
    /// Whether its pids mean processes of this machine's present start, seen as its runner saw
    /// them.
    let isOwnWorld: Bool
    private let path: String
    private let descriptor: Int32
    private let records: [LaunchRecord]

    /// `nil` where somebody holds it: its runner lives, or another rescues it.
    init?(_ id: Int64, in folder: StateFolder) {
        path = "\(folder.runnersPath)/\(id)"
        // A living one's is not opened for writing: whoever watches would take its close for an end.
        let isHeld = folder.isHeld(path)
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK
        descriptor = isHeld ? -1 : open(path, flags, 0o600)
        var status = stat()
        guard descriptor >= 0, clinux_ofd_lock_try(descriptor, Int16(F_WRLCK)) == 0,
            // Between open and lock another rescuer may have finished with it.
            fstat(descriptor, &status) == 0, status.st_nlink == 1,
            status.st_mode & S_IFMT == S_IFREG
        else {
            isWhole = false
            isOwnWorld = false
            records = []
            // `deinit` closes the descriptor: every property has its value.
            return nil
        }
        let bytes = Self.contents(descriptor)
        let header = LaunchRecord.Header(bytes.prefix(LaunchRecord.bytes))
        isWhole = header != nil
        isOwnWorld = header == .own
        let count = bytes.count / LaunchRecord.bytes
        records = (1..<max(count, 1)).map { index in
            LaunchRecord(bytes[(index * LaunchRecord.bytes)...].prefix(LaunchRecord.bytes))
        }
    }

    deinit { close(descriptor) }

    func remove() { unlink(path) }

    /// The launch of a claim; `nil` where none is recorded.
    func record(of claim: Claim) -> LaunchRecord? {
        records.first { $0.taskID == claim.taskID && $0.attempt == Int64(claim.attempt) }
    }

    private static func contents(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &block, block.count)
            guard count > 0 else { return bytes }
            bytes += block[..<count]
        }
    }
}
