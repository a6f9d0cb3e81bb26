#!/bin/sh
# Copies what dpkg knows into the run's work folder: history.log (its log and all rotated ones) and
# status. All later tasks read these copies, so that they agree while dpkg goes on.
set -eu
. "${0%/*}/folder.sh"

if ! [ -s "$dpkg_status" ]; then
    echo "$dpkg_status is empty or absent: this is no host of dpkg's" >&2
    exit 1
fi

# The log's files with their inodes; logrotate(8) names them .1, .2.gz or, with dateext, -20260131.
log_files() {
    for file in "$dpkg_log" "$dpkg_log".[0-9]* "$dpkg_log"-[0-9]*; do
        if [ -f "$file" ]; then
            stat -c '%i %n' "$file"
        fi
    done
}

copy_logs() {
    log_files | while read -r _ file; do
        zcat -f "$file"
    done
}

mkdir -p "$work"
before=$(log_files)
copy_logs > "$work/history.log.new"
if [ "$(log_files)" != "$before" ]; then
    # A rotation between two copies would lose a file's lines or count them twice.
    echo "$dpkg_log was rotated while it was copied: try again" >&2
    exit 75
fi
mv "$work/history.log.new" "$work/history.log"
cp "$dpkg_status" "$work/status.new"
mv "$work/status.new" "$work/status"

if [ -s "$work/history.log" ]; then
    echo "$before" | while read -r _ file; do
        echo "read $file"
    done
else
    echo "$dpkg_log is empty or absent, as often in containers: the history will be empty"
fi
echo "copied $(wc -l < "$work/history.log") lines of history and $(wc -c < "$work/status") bytes" \
    "of status to $work"
