#!/bin/sh
# Copies the database and counts its rows, both within one read transaction: so the counts are those
# of the copied state though others write on, and no write makes the copying start again.
set -eu
. "${0%/*}/folder.sh"

if ! [ -f "$source" ]; then
    echo "there is no database $source: name one with -p database=/PATH" >&2
    exit 66
fi
mkdir -p "$folder"
cd "$folder"
rm -f "$copy"*

# The first SELECT writes one counting SELECT a table; a virtual table may need an extension.
sql "$source" <<SQL
.timeout 60000
BEGIN;
.output $copy.sql
SELECT 'SELECT ' || quote(name) || ', count(*) FROM "' || replace(name, '"', '""') || '";'
FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name;
.output $copy.source
.read $copy.sql
.output stdout
.backup $copy.db
COMMIT;
SQL
echo "copied $source, $(wc -c < "$copy.db") bytes, $(wc -l < "$copy.source") tables"
