import Cron
import DyingCalls
import Glibc
import HostTime
import Scheduling
import Storage
import TestSupport

// A scheduler whose clock is a number in a shared file, and which dies at a call of its own.
// Usage: SchedulerDriver STATE-FOLDER CLOCK-FILE DIES-AT-CALL MODE
//
// Within a second of a whole minute it is at times a warm runner first, which registers what is due then.
//
// It looks once, then after each byte from standard input; after each look it writes a byte: `d` for done,
// `e` where the database could not be used. It ends when its input does.

guard CommandLine.arguments.count == 5, let clock = SharedClock(path: CommandLine.arguments[2]),
    let call = Int(CommandLine.arguments[3]), let mode = Int32(CommandLine.arguments[4])
else { exit(64) }

struct WallClockOfTest: WallClock {
    let clock: SharedClock
    var now: Instant { Instant(milliseconds: clock.milliseconds) }
}

dying_calls_arm(call, mode)
let folder = StateFolder(path: CommandLine.arguments[1])
let store = try Store.open(folder, create: false)
let scheduler = Scheduler(
    store: store,
    zones: .host,
    clock: WallClockOfTest(clock: clock),
    boot: nil
)

func registerAsRunner() throws {
    let now = clock.milliseconds
    let minute = Announcement(
        at: Instant(milliseconds: now - now % 60_000),
        schedules: try store.schedules().map(\.id)
    )
    var turn = Turn()
    turn.planned = try AnnouncedFires(store: store, zones: .host).plan(minute)
    let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 1)
    _ = try store.turn(turn, by: runner, at: Instant(milliseconds: clock.milliseconds))
}

var byte: UInt8 = 0
repeat {
    do {
        if clock.milliseconds % 60_000 < 1_000, clock.milliseconds % 2 == 0 {
            try registerAsRunner()
        }
        _ = try scheduler.turn()
        byte = UInt8(ascii: "d")
    } catch {
        byte = UInt8(ascii: "e")
    }
    guard write(STDOUT_FILENO, &byte, 1) == 1 else { break }
} while read(STDIN_FILENO, &byte, 1) == 1
