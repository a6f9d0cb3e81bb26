#!/bin/sh
# Makes this look the one to compare with, and fails if a log grew by limit_mib or more.
set -eu
. "${0%/*}/folder.sh"
whole_number limit_mib "$limit_mib"

cut -f 2- "$growth" | awk -F '\t' -v OFS='\t' '{ print $2, $1, $3 }' > "$growth.sizes"
mv "$growth.sizes" "$sizes"
find "$state" -ignore_readdir_race -maxdepth 1 -name 'growth-*' -mtime +7 -delete

awk -F '\t' -v limit="$limit_mib" '
    $1 >= limit * 2^20 && $1 > 0 { print $4 " grew by " int($1 / 2^20) " MiB"; found++ }
    END {
        if (found) exit 1
        print "no log grew by " limit " MiB or more"
    }' "$growth"
