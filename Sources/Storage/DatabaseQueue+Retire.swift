import GRDB

extension DatabaseQueue {
    /// Closes the connection, and keeps what little the queue itself takes to the end of the process.
    ///
    /// GRDB has put a value of its own on the dispatch queue. To free such a one, libdispatch (Swift 6.3) makes two
    /// threads at each end of a command, for one of which it asks the highest priority, which only root gets.
    func retire() {
        // With a statement that is still used it cannot be closed, and is by whoever frees it.
        guard (try? close()) != nil else { return }
        _ = Unmanaged.passRetained(self)
    }
}
