#!/bin/sh
# Puts the checked mart in its place, at one stroke, and removes what runs of a week ago left.
# Another run may take a file away after find has read its name.
set -eu
. "${0%/*}/folder.sh"

cp "$work/mart.db" "$state/mart.db.$FLOWER_INSTANCE-$FLOWER_RUN"
mv "$state/mart.db.$FLOWER_INSTANCE-$FLOWER_RUN" "$state/mart.db"
echo "published $state/mart.db"
find "$state/work" -ignore_readdir_race -mindepth 1 -maxdepth 1 -type d -mtime +7 -print \
    -exec rm -rf {} +
find "$state" -ignore_readdir_race -maxdepth 1 -name 'mart.db.*' -mtime +7 -print -delete
