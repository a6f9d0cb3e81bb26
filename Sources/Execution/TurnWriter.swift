import Cron
import Flows
import Storage
import Synchronization

/// Commits turns on a thread of its own, one at a time, while the event thread goes on.
///
/// SQLite's fsync takes a good part of a millisecond in which some processes end and start.
final class TurnWriter: Sendable {
    enum Work: Sendable {
        case turn(Turn)
        /// Of a dead runner: `Store.rescue`.
        case rescue(RunnerIdentity, ended: [AttemptEnd], returned: [Claim])
    }

    enum Answer: Sendable {
        case turn(Result<TurnResult, any Error>)
        /// What it made of the tasks whose attempts ended.
        case rescue(RunnerIdentity, Result<[TaskState?], any Error>)
    }

    /// Raised when there is an answer.
    let answered: Signal

    private struct State {
        var work: [Work] = []
        var answers: [Answer] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let given: Signal
    private let store: Store
    private let identity: RunnerIdentity
    private let thread = Mutex<WorkerThread?>(nil)

    init(_ store: Store, _ identity: RunnerIdentity) throws(SystemFailure) {
        self.store = store
        self.identity = identity
        answered = try Signal()
        given = try Signal()
    }

    /// Hands work over; the thread is started with the first.
    func send(_ work: Work) throws(SystemFailure) {
        state.withLock { $0.work.append(work) }
        given.raise()
        let isStarted = thread.withLock { $0 != nil }
        if !isStarted {
            let started = try WorkerThread(name: "flower-writer") { self.work() }
            thread.withLock { $0 = started }
        }
    }

    func takeAnswers() -> [Answer] {
        answered.take()
        return state.withLock { state in
            defer { state.answers = [] }
            return state.answers
        }
    }

    /// Does a piece of work on the calling thread.
    ///
    /// - Parameter meanwhile: see `Store.turn`.
    func perform(_ work: Work, meanwhile: ([Claim]) -> Void = { _ in }) -> Answer {
        switch work {
        case .turn(let turn):
            return .turn(
                Result {
                    try store.turn(turn, by: identity, at: .now, meanwhile: meanwhile)
                }
            )
        case .rescue(let dead, let ended, let returned):
            let result = Result {
                try store.rescue(dead, ended: ended, returned: returned, at: .now)
            }
            return .rescue(dead, result)
        }
    }

    /// Ends the thread once its present work is done.
    func finish() {
        state.withLock { $0.isFinished = true }
        given.raise()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    private func work() {
        while true {
            _ = given.wait()
            given.take()
            let (work, isFinished) = state.withLock { state in
                defer { state.work = [] }
                return (state.work, state.isFinished)
            }
            for piece in work {
                let answer = perform(piece)
                state.withLock { $0.answers.append(answer) }
                answered.raise()
            }
            if isFinished { return }
        }
    }
}
