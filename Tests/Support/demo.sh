#!/bin/sh
# usage: demo.sh FLOWER
# The main job, end to end and for real, in a folder of its own that is removed at the end; KEEP=1
# keeps it to look around in.
set -eu
flower=$(cd "${1%/*}" && pwd)/${1##*/}
cd "${0%/*}/../.."

# mktemp(1) writes letters of its own for the X.
demo=$(mktemp -d "${TMPDIR:-/tmp}/flower-demo-XXXXXX")
scheduler=
# shellcheck disable=SC2317  # called by the trap
finish() {
    if [ -n "$scheduler" ]; then
        kill "$scheduler" 2> /dev/null || true     # it may have ended by itself
    fi
    if [ -n "${KEEP-}" ]; then
        echo "the demo's folder stays: export FLOWER_STATE=$demo/state"
    else
        rm -rf "$demo"
    fi
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

say() {
    printf '\n# %s\n' "$*"
}

show() {
    printf '\n$ flower %s\n' "$*"
    "$flower" "$@"
}

export FLOWER_STATE="$demo/state"
printf '$ export FLOWER_STATE=%s\n' "$FLOWER_STATE"

say "Load the flows of schedules/, all of them or none."
show apply schedules
show schedules

say "Little there is due within seconds, so one flow comes again under another name, with a cron
# expression of six fields: due every ten seconds. This is all that differs:"
soon=$demo/package-history-now.yaml
sed -e 's|^flow: package-history$|flow: package-history-now|' \
    -e 's|cron: "20 6 \* \* \*"|cron: "*/10 * * * * *"|' \
    -e "s|state_folder: \"\" .*|state_folder: $demo/files|" \
    -e "s|^parameters:|working_directory: $PWD/schedules\n&|" \
    schedules/package-history.yaml > "$soon"
diff schedules/package-history.yaml "$soon" || true     # 1: they differ
show apply "$soon"
show show package-history-now

say "The scheduler sleeps until a fire is due and registers its run. It never starts a task."
printf '\n$ flower scheduler &\n'
"$flower" scheduler &
scheduler=$!
run=
left=300
while [ -z "$run" ] && [ "$left" -gt 0 ]; do
    kill -0 "$scheduler" || { echo "the scheduler has ended" >&2; exit 1; }
    sleep 0.1
    left=$((left - 1))
    # Where the database is busy just now, the next look will tell.
    run=$(sqlite3 -init /dev/null "$FLOWER_STATE/flower.db" "SELECT min(run.id) FROM run
        JOIN flow ON flow.id = run.flow_id
        WHERE flow.name = 'package-history-now'" 2> "$demo/errors") || true
done
if [ -z "$run" ]; then
    cat "$demo/errors" >&2
    echo "no fire came due within 30 seconds" >&2
    exit 1
fi
kill "$scheduler"
wait "$scheduler" || true       # its own answer to TERM
scheduler=
say "A cron expression came due: run $run is registered, and its tasks wait."
show status "$run"

say "The runner drains every task that is ready, in order of their needs, and exits."
result=0
show run || result=$?
show status "$run"
show logs "$run"
show runs
show schedules

say "The mart that the flow has made, checked and published, is yours to query:"
printf '\n$ sqlite3 mart.db "SELECT * FROM day_section ORDER BY day DESC LIMIT 5"\n'
sqlite3 -init /dev/null -column -header "$demo/files/package-history/mart.db" \
    "SELECT * FROM day_section ORDER BY day DESC LIMIT 5"
exit "$result"
