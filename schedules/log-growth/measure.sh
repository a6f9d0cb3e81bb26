#!/bin/sh
# Lists each log's inode and size, with what it has grown by since the last look: `growth` has
# bytes grown, bytes, inode and path, separated by tabs.
set -eu
. "${0%/*}/folder.sh"

if ! [ -d "$folder" ]; then
    echo "there is no folder $folder" >&2
    exit 66
fi
mkdir -p "$state"
[ -f "$sizes" ] || echo "this is the first look: nothing has grown yet"

# find(1) says which folders it may not enter, and goes on. By inode, so that a rotation by rename
# is no growth; a file that shrank was emptied, so all that is in it is new.
find "$folder" -xdev -type f -printf '%i\t%s\t%p\n' > "$growth.now" || true
touch "$growth.none"
previous=$growth.none
if [ -f "$sizes" ]; then
    previous=$sizes
fi
awk -F '\t' -v first="$([ -f "$sizes" ] || echo yes)" '
    FILENAME != ARGV[2] { size[$1] = $2; next }
    {
        grown = $2 - size[$1]
        if (grown < 0) grown = $2
        if (first) grown = 0
        printf "%.0f\t%s\t%s\t%s\n", grown, $2, $1, $3    # mawk prints 3000000000 as 3e+09
    }' "$previous" "$growth.now" > "$growth.new"
mv "$growth.new" "$growth"
rm -f "$growth.none" "$growth.now"
echo "$(wc -l < "$growth") files below $folder"
