import Flows

/// `SIGKILL` for 9: signal(7)'s names, as a person knows them.
package enum SignalName {
    package static func of(_ number: Int) -> String {
        SignalNames.name(of: number).map { "SIG\($0)" } ?? "signal \(number)"
    }
}
