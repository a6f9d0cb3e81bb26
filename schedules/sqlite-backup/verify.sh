#!/bin/sh
# Reads the copy from end to end and compares its rows with those of the source.
set -eu
. "${0%/*}/folder.sh"
cd "$folder"

integrity=$(sql "$copy.db" 'PRAGMA integrity_check' 2>&1) || true
if [ "$integrity" != ok ]; then
    echo "$integrity" >&2
    echo "the copy of $source is damaged, so the database itself may be" >&2
    exit 1
fi

sql "$copy.db" < "$copy.sql" > "$copy.rows"
if ! diff -u "$copy.source" "$copy.rows"; then
    echo "the copy of $source has other rows than the database had" >&2
    exit 1
fi
awk -F '|' '{ rows += $NF } END { printf "intact, %.0f rows in %d tables\n", rows, NR }' "$copy.rows"
