import Cron
import Glibc

/// The wall clock: one of the three seams that tests replace.
package protocol WallClock: Sendable {
    var now: Instant { get }
    /// What it cannot be right before.
    var earliest: Instant { get }
}

extension WallClock {
    package var earliest: Instant { Instant(milliseconds: .min) }
}

/// CLOCK_REALTIME, which an administrator or NTP may set.
package struct HostClock: WallClock {
    package init() {}

    /// 2026-01-01: no host has run Flower before. One without a clock of its own says 1970 as it boots, or when
    /// its system was built, until somebody tells it the time.
    package var earliest: Instant { Instant(seconds: 1_767_225_600) }

    package var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// The kernel's present boot: what `@reboot` fires once for.
package struct HostBoot: Sendable, Hashable {
    /// `/proc/sys/kernel/random/boot_id`; a container shares its host's.
    package let id: String
    package let startedAt: Instant

    package init(id: String, startedAt: Instant) {
        self.id = id
        self.startedAt = startedAt
    }

    /// - Returns: `nil` where `/proc` is not there to tell.
    package static var current: HostBoot? {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = fread(&bytes, 1, bytes.count, file)
        let id = String(decoding: bytes.prefix(count).prefix { $0 > 0x20 }, as: UTF8.self)
        guard !id.isEmpty else { return nil }
        var sinceBoot = timespec()
        clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
        let uptime = Int64(sinceBoot.tv_sec) * 1000 + Int64(sinceBoot.tv_nsec) / 1_000_000
        return HostBoot(
            id: id,
            startedAt: Instant(milliseconds: HostClock().now.milliseconds - uptime)
        )
    }
}
