#!/bin/sh
# usage: table.sh space|inodes PERCENT
# Prints the local file systems, the fullest first; exits 1 if one is filled to PERCENT or more.
set -eu
export LC_ALL=C
what=$1
limit=$2

case $limit in
    '' | *[!0-9]*)
        echo "the limit of $what is \"$limit\": a whole number of percent is wanted" >&2
        exit 65
        ;;
esac
case $what in
    space) columns=pcent,used,avail,size,fstype,target ;;
    inodes) columns=ipcent,iused,iavail,itotal,fstype,target ;;
    *)
        echo "usage: table.sh space|inodes PERCENT" >&2
        exit 64
        ;;
esac

# Images are always full, and what is not on a disk is not a disk's report. df(1) exits 1 for a
# mount that it may not look at, and says which: the others count all the same.
table=$(df -hl --output="$columns" -x tmpfs -x devtmpfs -x efivarfs -x squashfs -x iso9660 \
    -x fuse.portal || true)
if [ "$(printf '%s\n' "$table" | wc -l)" -lt 2 ]; then
    echo "df shows no local file system" >&2
    exit 1
fi

# A file system without a fixed number of inodes, as btrfs, has - for its percentage.
printf '%s\n' "$table" | sed 1q
printf '%s\n' "$table" | sed 1d | sort -rn | awk -v limit="$limit" -v what="$what" '
    { full = $1 != "-" && $1 + 0 >= limit; print $0 (full ? "   <-- FULL" : ""); found += full }
    END {
        if (found) {
            printf "%d of %d are at %d %% of their %s or beyond\n", found, NR, limit, what
            exit 1
        }
        printf "all %d are below %d %% of their %s\n", NR, limit, what
    }'
