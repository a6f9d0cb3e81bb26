import Execution
import Flows
import Storage

/// `flower env`: what a shell can read back, the rest in comments.
enum WorldView {
    static func text(_ world: TaskWorld, of claim: Claim) -> String {
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
        let heading = comments.flatMap(Printable.lines).map { "# \($0)\n" }
        let shown = world.environment.masking(claim.run.secrets)
        let variables = shown.map {
            "\($0.name)=\(ShellWord.quoted(world.mask.applied(to: $0.value)))\n"
        }
        return (heading + variables).joined()
    }
}
