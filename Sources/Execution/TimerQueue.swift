/// Times at which something is to be done, soonest first: a binary heap.
///
/// A removed timer stays in the heap, without its action, until its time comes: removing is then
/// cheap, and nearly every time-out is removed.
package struct TimerQueue {
    package final class Timer {
        let deadline: MonotonicTime
        fileprivate var action: (() -> Void)?

        fileprivate init(deadline: MonotonicTime, action: @escaping () -> Void) {
            self.deadline = deadline
            self.action = action
        }
    }

    private var heap: [Timer] = []

    var isEmpty: Bool { heap.isEmpty }

    /// The soonest deadline.
    var next: MonotonicTime? {
        mutating get {
            dropRemoved()
            return heap.first?.deadline
        }
    }

    mutating func add(at deadline: MonotonicTime, _ action: @escaping () -> Void) -> Timer {
        let timer = Timer(deadline: deadline, action: action)
        heap.append(timer)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { break }
            heap.swapAt(child, parent)
            child = parent
        }
        return timer
    }

    mutating func remove(_ timer: Timer) { timer.action = nil }

    /// The action of the soonest timer that is due, taken out; `nil` where none is.
    mutating func popDue(at now: MonotonicTime) -> (() -> Void)? {
        dropRemoved()
        guard let first = heap.first, first.deadline <= now else { return nil }
        let action = first.action
        first.action = nil
        popFirst()
        return action
    }

    private mutating func dropRemoved() {
        while let first = heap.first, first.action == nil { popFirst() }
    }

    private mutating func popFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { return }
            let right = left + 1
            let isRightSooner = right < heap.count && heap[right].deadline < heap[left].deadline
            let child = isRightSooner ? right : left
            guard heap[child].deadline < heap[parent].deadline else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
