import CLinux
import Components
import Flows
import Glibc
import Synchronization

/// The other side of `ComponentCall`: the process in which one component runs alone.
package enum ComponentProcess {
    /// Whether these arguments, without the program's name, ask for it.
    package static func isAsked(by arguments: [String]) -> Bool {
        arguments.first == ComponentCall.command
    }

    /// Runs the component that standard input tells of, and ends the process: with 0 where it returns,
    /// with 1 where it throws. TERM cancels it.
    ///
    /// To be called first thing, on the main thread.
    package static func run(_ registry: ComponentRegistry) -> Never {
        let call: ComponentCall
        do {
            call = try ComponentCall(readInput())
        } catch {
            say("flower: '\(ComponentCall.command)' is for flower itself: \(error)", 2)
            exit(64)  // EX_USAGE
        }
        hideInput()
        guard let stop = try? Signal(), clinux_signal_to_eventfd(SIGTERM, stop.descriptor) == 0
        else {
            say("flower: out of descriptors", 2)
            exit(71)  // EX_OSERR
        }
        // As in a lane of the runner.
        let task = Task(priority: .medium) {
            exit(await perform(call, registry))
        }
        while true {
            _ = stop.wait()
            stop.take()
            task.cancel()
        }
    }

    private static func perform(_ call: ComponentCall, _ registry: ComponentRegistry) async -> Int32
    {
        let context = ComponentContext(
            flow: call.flow,
            run: call.run,
            task: call.task,
            item: call.item,
            attempt: call.attempt,
            parameters: call.parameters,
            dueAt: call.dueAt,
            giver: { output in given.withLock { $0.append(output) } },
            printer: { say($0, 1) }
        )
        var fault: (any Error)?
        do {
            try await registry.make(call.component, call.with).run(in: context)
        } catch {
            if Task.isCancelled {
                // As of any other program that a TERM has ended.
                signal(SIGTERM, SIG_DFL)
                kill(getpid(), SIGTERM)
            }
            fault = error
        }
        do throws(SystemFailure) {
            let outputs = given.withLock { $0 }
            if !outputs.isEmpty, let path = getenv("FLOWER_OUTPUT") {
                try OutputFolder.write(outputs, to: String(cString: path))
            }
        } catch {
            // What it failed of itself is more to the point.
            fault = fault ?? error
        }
        guard let fault else { return 0 }
        say("\(fault)", 2)
        return 1
    }

    /// What the component gives to other tasks: a process's outputs, once it has returned.
    private static let given = Mutex<[Variable]>([])

    private static func readInput() -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(0, &block, block.count)
            guard count > 0 else { return bytes }
            bytes += block[..<count]
        }
    }

    /// A component's input is empty, as any task's.
    private static func hideInput() {
        let null = open("/dev/null", O_RDONLY)
        guard null > 0 else { return }
        dup2(null, 0)
        close(null)
    }

    /// Writes lines whole: several components' threads may print at once.
    private static func say(_ text: String, _ descriptor: Int32) {
        var bytes = Array(text.utf8)
        if bytes.last != 10 { bytes.append(10) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more: what is not read is not missed.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
