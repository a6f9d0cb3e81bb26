/// A variable of the environment that means something to `flower`, as flower(1) tells it.
struct KnownVariable {
    let name: String
    let meaning: String
    /// Whether a `Session` reads it at the start; the others are read by the module that they concern.
    var isOfSession = true

    static let all = [
        KnownVariable(
            name: "FLOWER_STATE",
            meaning: "The state folder, where neither --state, --system nor --user names one."
        ),
        KnownVariable(
            name: "STATE_DIRECTORY",
            meaning: "The same, from systemd(1): the first of the folders named there."
        ),
        KnownVariable(
            name: "XDG_STATE_HOME",
            meaning: "Your state folder is flower in it; ~/.local/state unless set."
        ),
        KnownVariable(
            name: "XDG_CONFIG_HOME",
            meaning: "Your flow files are in flower/schedules in it; ~/.config unless set."
        ),
        KnownVariable(name: "HOME", meaning: "Your home, for the two above."),
        KnownVariable(
            name: "FLOWER_SENDMAIL",
            meaning: "The program that takes mails, in place of /usr/sbin/sendmail."
        ),
        KnownVariable(
            name: "TZ",
            meaning: "The zone in which times are shown; schedules do not heed it.",
            isOfSession: false
        ),
        KnownVariable(
            name: "TZDIR",
            meaning: "The folder of the zone data, in place of /usr/share/zoneinfo.",
            isOfSession: false
        ),
        KnownVariable(
            name: "NO_COLOR",
            meaning: "Set and not empty: no colours, on a terminal either."
        ),
        KnownVariable(name: "TERM", meaning: "Empty or dumb: no colours."),
        KnownVariable(
            name: "COLUMNS",
            meaning:
                "The terminal's width, where it is not what the kernel says. What goes to a file or "
                + "pipe has no width and is never cut."
        ),
        KnownVariable(
            name: "LC_ALL",
            meaning:
                "The locale; else LC_CTYPE, else LANG. Where one is set whose characters are not "
                + "UTF-8 (C, POSIX), trees, marks and bars are drawn in ASCII."
        ),
        KnownVariable(name: "LC_CTYPE", meaning: "See LC_ALL."),
        KnownVariable(name: "LANG", meaning: "See LC_ALL."),
        KnownVariable(
            name: "JOURNAL_STREAM",
            meaning:
                "From systemd(1): whether the runner's output is the journal; what tasks print "
                + "goes there too then."
        ),
        KnownVariable(
            name: "NOTIFY_SOCKET",
            meaning:
                "From systemd(1): where runner and scheduler tell how they are (sd_notify(3)).",
            isOfSession: false
        ),
        KnownVariable(
            name: "WATCHDOG_USEC",
            meaning:
                "From systemd(1), with WATCHDOG_PID: how often they must (sd_watchdog_enabled(3)).",
            isOfSession: false
        ),
    ]
}
