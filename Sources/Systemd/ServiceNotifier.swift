/// What a runner or scheduler tells its service manager: systemd by sd_notify(3), or nobody.
///
/// Called on the thread of the loop; no call holds it up.
package protocol ServiceNotifier: AnyObject {
    /// Whether somebody listens.
    var isHeard: Bool { get }
    /// How long the loop may wait at most before it turns again; `nil` = for ever.
    var turnLimit: Duration? { get }
    /// It is at work, or has found that there is none; also after `reloading`.
    func ready()
    /// The loop has turned: only then is the watchdog fed (promise 4).
    func turned()
    /// The pause after which the service manager ends us; `nil` = it does not look.
    var watchdog: Duration? { get }
    /// How long the loop did not turn, where that was half of `watchdog` or more; told once.
    func takeDelay() -> Duration?
    /// One line for a person, such as `12 running, 340 waiting, 3 failed`.
    func status(_ text: String)
    /// It looks at its settings anew; `ready` tells the end of that.
    func reloading()
    /// Nothing further is begun.
    func stopping()
}

/// Of somebody who tells no service manager.
extension ServiceNotifier {
    package var turnLimit: Duration? { nil }
    package func ready() {}
    package func turned() {}
    package func reloading() {}
    package func stopping() {}
    package var watchdog: Duration? { nil }
    package func takeDelay() -> Duration? { nil }
}

/// Tells nobody.
package final class SilentNotifier: ServiceNotifier {
    package init() {}
    package var isHeard: Bool { false }
    package func status(_ text: String) {}
}
