/// What a runner tells its service manager: systemd by sd_notify(3), or nobody.
///
/// Called on the event thread; no call may block.
package protocol RunnerNotifier: AnyObject {
    /// The runner is at work, or has found that there is none.
    func ready()
    /// The loop has turned: only then is the watchdog fed (promise 4).
    func turned()
    /// One line for a person, such as `12 running, 340 waiting, 3 failed`.
    func status(_ text: String)
    /// No further task is begun.
    func stopping()
}

/// Tells nobody.
package final class SilentNotifier: RunnerNotifier {
    package init() {}
    package func ready() {}
    package func turned() {}
    package func status(_ text: String) {}
    package func stopping() {}
}
