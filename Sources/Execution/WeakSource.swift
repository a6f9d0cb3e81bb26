/// Lets a loop watch for something that owns the loop's registration, without a circle of
/// references.
final class WeakSource: EventLoop.Source {
    private weak var source: (any EventLoop.Source)?

    init(_ source: any EventLoop.Source) { self.source = source }

    func isReady(_ token: EventLoop.Token, isHangup: Bool) {
        source?.isReady(token, isHangup: isHangup)
    }
}
