import Execution
import Flows
import Storage

/// `flower env`: what a shell can read back, the rest in comments.
enum WorldView {
    /// - Parameter isTerminal: a person looks, whose terminal values must not steer; else they stay as they are.
    static func text(_ world: TaskWorld, of claim: Claim, isTerminal: Bool) -> String {
        var comments = [
            "task \(claim.name) of flow \(claim.run.flow), as run \(claim.run.runID) would see it"
        ]
        comments.append("cd \(ShellWord.quoted(world.workingDirectory))")
        switch claim.action {
        case .component(let name, _): comments.append("component \(name)")
        case .flow(let name, _): comments.append("flow \(name)")
        case .run, .exec: comments.append(ShellWord.joined(world.arguments))
        }
        // A word may have line ends in it; none of its lines may leave the comment.
        let heading = comments.map(world.mask.applied(to:)).flatMap(Printable.lines)
            .map { "# \($0)\n" }
        let shown = world.environment.masking(claim.run.secrets)
        let variables = shown.map {
            "\($0.name)=\(ShellWord.quoted(world.mask.applied(to: $0.value)))\n"
        }
        let text = (heading + variables).joined()
        return isTerminal ? Printable.text(text) : text
    }
}
