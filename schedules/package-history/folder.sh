# shellcheck shell=sh disable=SC2034
# Sourced by the tasks of package-history: where they keep their files.
# A run has a work folder of its own, so that two runs at once never meet.
export LC_ALL=C
state=${state_folder:-${XDG_STATE_HOME:-$HOME/.local/state}/flower-schedules}/package-history
work=$state/work/$FLOWER_INSTANCE-$FLOWER_RUN

# sqlite3(1) without the user's ~/.sqliterc, which may change how rows are printed.
mart() {
    sqlite3 -batch -bail -init /dev/null "$@"
}
