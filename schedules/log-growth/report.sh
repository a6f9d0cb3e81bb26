#!/bin/sh
# usage: report.sh largest|grown
set -eu
. "${0%/*}/folder.sh"
whole_number rows "$rows"

case $1 in
    largest) column=2 ;;
    grown) column=1 ;;
    *)
        echo "usage: report.sh largest|grown" >&2
        exit 64
        ;;
esac
sort -t "$(printf '\t')" -k "$column,${column}nr" -k 4 "$growth" |
    awk -F '\t' -v rows="$rows" -v column="$column" '
        BEGIN { printf "%10s %10s  %s\n", "MiB", "grown", "log" }
        NR <= rows && $column > 0 { printf "%10.2f %+10.2f  %s\n", $2 / 2^20, $1 / 2^20, $4 }'
