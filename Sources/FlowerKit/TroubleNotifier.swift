import Systemd

/// Tells whoever started a command what a service manager would read in its status, where that is trouble: a
/// runner that waits for a database that somebody else has locked looks as if it hung.
final class TroubleNotifier: ServiceNotifier {
    private let tell: (String) -> Void
    private var last = ""

    init(_ tell: @escaping (String) -> Void) { self.tell = tell }

    var isHeard: Bool { false }

    /// Each trouble once, though it is met again every second.
    func status(_ text: String) {
        guard text.hasPrefix("waiting "), text != last else { return }
        last = text
        tell(text)
    }
}
