#!/bin/sh
# Gives the verified copy its name, on disk before the rename, and removes the oldest beyond `keep`.
set -eu
. "${0%/*}/folder.sh"

case $keep in
    '' | *[!0-9]* | 0*)
        echo "keep is \"$keep\": a number from 1 is wanted" >&2
        exit 65
        ;;
esac
cd "$folder"

# No copy: an earlier attempt at this task came as far as the rename.
if [ -f "$copy.db" ]; then
    backup=$(date -u -r "$copy.db" +%Y%m%dT%H%M%SZ)-$FLOWER_INSTANCE-$FLOWER_RUN.db
    sync "$copy.db"
    mv "$copy.db" "$backup"
    sync .
    echo "kept $folder/$backup"
fi
rm -f "$copy"*
find . -ignore_readdir_race -maxdepth 1 -name '.copy-*' -mtime +7 -print -delete

# The names begin with the time in UTC: sorted, the oldest comes first.
set -- [0-9]*.db
while [ $# -gt "$keep" ]; do
    rm -f "$1"
    echo "removed $1"
    shift
done
echo "$# of at most $keep backups"
