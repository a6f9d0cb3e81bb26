import CLinux
import Flows
import Glibc

/// The read end of one of a process's streams, in the event loop until its end.
///
/// A pipe that is not read blocks its writer after 64 KiB, so every pipe is watched all the time, but for
/// two causes: a full log sink (promise 7), and the first moments of a process. Most tasks have ended before
/// anybody need look: what they printed is read then, and the kernel is spared four calls.
final class OutputPipe: EventLoop.Source {
    private let stream: OutputStream
    private let output: AttemptOutput
    private let gate: OutputGate
    private var descriptor: Int32
    private var token = EventLoop.Token.none
    private var splitter = LineSplitter()

    /// The descriptor is the pipe's from now on.
    init(
        _ descriptor: Int32,
        _ stream: OutputStream,
        _ output: AttemptOutput,
        _ gate: OutputGate
    ) {
        self.descriptor = descriptor
        self.stream = stream
        self.output = output
        self.gate = gate
        gate.watchSoon(self)
    }

    func isReady(_ token: EventLoop.Token, isHangup: Bool) {
        if gate.isClosed {
            pause()
        } else if readOnce() == .end {
            close()
        }
    }

    /// Reads what is there, whether the sink is full or not: the process has ended and writes no
    /// more.
    func drain() {
        var total = 0
        while descriptor >= 0, total < RunnerLimit.drainBytes {
            switch readOnce() {
            case .bytes(let count): total += count
            case .nothing: return
            case .end: return close()
            }
        }
    }

    /// Ends the reading; what has no newline is the last line. Calling it again does nothing.
    func close() {
        guard descriptor >= 0 else { return }
        gate.loop.remove(token)
        gate.forget(self)
        Glibc.close(descriptor)
        descriptor = -1
        if let rest = splitter.finish() { output.take(rest, stream) }
    }

    /// Leaves the pipe alone until the gate opens. Its hang-up would be told all the time if it
    /// were merely not asked for data, so it is taken out of the loop.
    private func pause() {
        gate.loop.remove(token)
        token = .none
        gate.remember(self)
    }

    /// Has the loop watch it from now on, unless it does or the pipe is closed.
    func resume() throws(SystemFailure) {
        if descriptor >= 0, token == .none { token = try gate.loop.add(descriptor, self) }
    }

    private enum ReadResult: Equatable {
        case bytes(Int)
        case nothing
        case end
    }

    /// One read is one line's length at most; the pipe stays ready if there is more, so that no
    /// task can keep the loop to itself.
    private func readOnce() -> ReadResult {
        let buffer = gate.buffer
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 {
            let new = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if let lines = splitter.take(new) { output.take(lines, stream) }
            return .bytes(count)
        }
        // Any other failure of a read from a pipe is as good as its end.
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .end
    }
}

/// What all pipes of a launcher share: the loop, one buffer, and whether the log sink takes more.
final class OutputGate: EventLoop.Source {
    let loop: EventLoop
    let sink: any LogSink
    let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: RunnerLimit.lineBytes,
        alignment: 16
    )
    private var paused: [ObjectIdentifier: OutputPipe] = [:]
    /// Not watched yet.
    private var young: [ObjectIdentifier: OutputPipe] = [:]
    private var isTimed = false
    private var token = EventLoop.Token.none

    init(_ loop: EventLoop, _ sink: any LogSink) throws(SystemFailure) {
        self.loop = loop
        self.sink = sink
        token = try loop.add(sink.room.descriptor, WeakSource(self))
    }

    deinit {
        loop.remove(token)
        buffer.deallocate()
    }

    var isClosed: Bool { sink.isFull }

    /// Within `RunnerLimit.youth`.
    func watchSoon(_ pipe: OutputPipe) {
        young[ObjectIdentifier(pipe)] = pipe
        guard !isTimed else { return }
        isTimed = true
        _ = loop.schedule(at: .now + RunnerLimit.youth) { [weak self] in
            guard let self else { return }
            isTimed = false
            let pipes = young.values
            young = [:]
            watch(pipes)
        }
    }

    private func watch(_ pipes: some Sequence<OutputPipe>) {
        for pipe in pipes {
            do {
                try pipe.resume()
            } catch {
                // Too little memory for one more descriptor to watch: asked again at the next turn.
                remember(pipe)
                sink.room.raise()
            }
        }
    }

    func remember(_ pipe: OutputPipe) { paused[ObjectIdentifier(pipe)] = pipe }

    func forget(_ pipe: OutputPipe) {
        young[ObjectIdentifier(pipe)] = nil
        paused[ObjectIdentifier(pipe)] = nil
    }

    /// The sink has room again.
    func isReady(_ token: EventLoop.Token, isHangup: Bool) {
        sink.room.take()
        let pipes = paused.values
        paused = [:]
        watch(pipes)
    }
}
