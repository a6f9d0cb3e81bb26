# shellcheck shell=sh disable=SC2034,SC2154
# Sourced by the tasks of sqlite-backup: which database is meant and where its backups lie.
export LC_ALL=C
umask 077
state=${state_folder:-${XDG_STATE_HOME:-$HOME/.local/state}/flower-schedules}

case $database in
    flower)
        source=${XDG_STATE_HOME:-$HOME/.local/state}/flower/flower.db
        if ! [ -f "$source" ]; then
            source=/var/lib/flower/flower.db
        fi
        ;;
    package-history) source=$state/package-history/mart.db ;;
    /*) source=$database ;;
    *)
        echo "database is \"$database\": give a path from the root, or flower, package-history" >&2
        exit 65
        ;;
esac

# The source's path with - for /, so that two databases of one name do not share a folder.
folder=$state/sqlite-backup/$(printf '%s' "${source#/}" | tr / -)
copy=.copy-$FLOWER_INSTANCE-$FLOWER_RUN

# sqlite3(1) without the user's ~/.sqliterc, which may change how rows are printed.
sql() {
    sqlite3 -batch -bail -init /dev/null "$@"
}
