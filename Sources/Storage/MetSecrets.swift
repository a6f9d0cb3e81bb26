import Synchronization

/// Secrets that stand in what places were filled with.
package final class MetSecrets: Sendable {
    private struct Met {
        var texts: Set<String> = []
        var places: Set<String> = []
    }

    private let met = Mutex(Met())

    init() {}

    package var texts: Set<String> { met.withLock { $0.texts } }
    /// Names of the places that hold one, however short it is.
    package var places: Set<String> { met.withLock { $0.places } }
    var isEmpty: Bool { met.withLock { $0.texts.isEmpty && $0.places.isEmpty } }

    func add(_ texts: some Sequence<String>, at place: String?) {
        met.withLock {
            $0.texts.formUnion(texts)
            if let place { $0.places.insert(place) }
        }
    }
}
