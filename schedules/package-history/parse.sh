#!/bin/sh
# usage: parse.sh history|packages
# Turns one of the copied files into rows for the mart.
set -eu
. "${0%/*}/folder.sh"

case $1 in
    history) from=history.log ;;
    packages) from=status ;;
    *)
        echo "usage: parse.sh history|packages" >&2
        exit 64
        ;;
esac
awk -f "${0%/*}/parse-$1.awk" "$work/$from" > "$work/$1.tsv.new"
mv "$work/$1.tsv.new" "$work/$1.tsv"
echo "$(wc -l < "$work/$1.tsv") rows of $(wc -l < "$work/$from") lines"
