import Flows

/// Every limit of a runner, by name.
package enum RunnerLimit {
    /// One `read` of a pipe, and the longest line that is kept whole.
    package static let lineBytes = 64 << 10
    /// Read of one stream once its process has ended: more than a pipe holds by default, and an end
    /// to it where a grandchild goes on writing.
    package static let drainBytes = 2 << 20
    /// Kept in a file of what one attempt prints.
    package static let logFileBytes = 64 << 20
    /// Waiting to be written by a log sink's thread; beyond it no task's pipe is read.
    package static let logQueueBytes = 4 << 20
    /// How long a runner that ends waits for its log sink,
    /// which writes nothing; and for one that does. Less than the watchdog's time.
    package static let logFinish: Duration = .seconds(5)
    package static let logFinishInAll: Duration = .seconds(30)
    /// How long a process's pipes may be left unread in its first moments.
    package static let youth: Duration = .milliseconds(5)
    /// Between TERM and KILL, unless a flow file says another time.
    package static let killGrace = Limit.killGrace
    /// How long what is left of a task's group may take to go by itself once its process has ended:
    /// `exec > >(tee log)` writes its last lines then.
    package static let leaveGrace: Duration = .milliseconds(100)
    /// After KILL, before a group that does not vanish (a zombie that nobody waits for) is left
    /// alone.
    package static let killSettle: Duration = .seconds(1)
    /// Between two commits while tasks are at hand.
    package static let commitGap: Duration = .milliseconds(20)
    /// The longest commit, after which the watchdog is fed no more: two waits for locks of 5 s each, and
    /// a disk that takes its time.
    package static let commit: Duration = .seconds(30)
    /// So many ends of components are recorded while others are to come.
    package static let endsAtOnce = 128
    /// Claims ahead of the launches.
    package static let claimsAhead = 1_024
    /// A claim that no slot was free for is handed back after this, so that another runner may have
    /// it.
    package static let claimPatience: Duration = .seconds(1)
    /// How long running tasks may take to end by themselves once the runner is asked to stop.
    package static let drain: Duration = .seconds(60)
    /// How long a runner runs before it watches for wakes: to close an inotify descriptor, the kernel waits
    /// 10 ms and more (an SRCU grace period), for which one that has little to do need not stay.
    package static let unwatched: Duration = .milliseconds(50)
    /// Between two looks where wakes cannot be watched for.
    package static let look: Duration = .seconds(1)
    /// Between two looks at the locks of the other runners, of whose end nobody told.
    package static let peerLook: Duration = .seconds(60)
    /// From the close of another runner's file to the look whether its lock is free: the kernel tells of the
    /// one before it does the other.
    package static let peerEnd: Duration = .milliseconds(50)
    /// How many descriptors a runner wants, and of each task: its process, two pipes, its log, and the end of a
    /// pipe for a moment.
    package static let descriptors = 16_384
    package static let taskDescriptors = 5
    package static let ownDescriptors = 40
    /// Between two tries to start a process where the system had no room for one and none ends.
    package static let scarcityLook: Duration = .seconds(1)
    /// `--workers`.
    package static let workers = 1_000
}
