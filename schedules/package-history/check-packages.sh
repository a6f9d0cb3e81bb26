#!/bin/sh
# Counts the packages and their size once more, straight from the copied status file, and fails
# where the mart differs.
set -eu
. "${0%/*}/folder.sh"
cd "$work"

packages=$(grep -ac '^Package: ' status)
installed=$(grep -acE '^Status: [a-z]+ [a-z]+ installed$' status || true)
source="$packages packages, $installed of them installed"
mart=$(mart mart.db "SELECT count(*) || ' packages, ' ||
    count(*) FILTER (WHERE state = 'installed') || ' of them installed' FROM package")
sections=$(mart mart.db "SELECT coalesce(sum(packages), 0) FROM section_size")

echo "status file: $source"
echo "mart:        $mart, $sections in sections"
if [ "$source" != "$mart" ] || [ "$sections" != "$installed" ]; then
    echo "the mart's packages are not the status file's: nothing is published" >&2
    exit 1
fi
