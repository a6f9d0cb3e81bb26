#!/bin/sh
# Builds the mart from the two parsed files, beside its final place in the work folder.
set -eu
. "${0%/*}/folder.sh"
sql=$(cd "${0%/*}" && pwd)/mart.sql

cd "$work"
rm -f mart.new
mart mart.new < "$sql"
mv mart.new mart.db
mart mart.db "SELECT count(*) || ' rows for ' || count(DISTINCT day) || ' days and ' ||
              count(DISTINCT section) || ' sections' FROM day_section"
