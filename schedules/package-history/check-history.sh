#!/bin/sh
# Counts each day's changes once more, straight from the copied log and by other means than the
# mart's, and fails where the two differ.
set -eu
. "${0%/*}/folder.sh"
cd "$work"

cut -d ' ' -f 1,3,4 history.log |
    grep -aE '^[0-9]{4}-[0-9]{2}-[0-9]{2} (install|upgrade|remove|purge) .' |
    cut -d ' ' -f 1,2 | sort | uniq -c | awk '{ print $2, $3, $1 }' > history.source

mart -separator ' ' mart.db > history.mart <<'SQL'
WITH total(day, action, changes) AS (
    SELECT day, 'install', sum(installed) FROM day_section GROUP BY day
    UNION ALL SELECT day, 'upgrade', sum(upgraded) FROM day_section GROUP BY day
    UNION ALL SELECT day, 'remove', sum(removed) FROM day_section GROUP BY day
    UNION ALL SELECT day, 'purge', sum(purged) FROM day_section GROUP BY day
)
SELECT day, action, changes FROM total WHERE changes > 0 ORDER BY day, action;
SQL

if ! diff -u history.source history.mart; then
    echo "the mart's totals are not the log's: nothing is published" >&2
    exit 1
fi
echo "$(wc -l < history.source) totals of day and action agree with the log"
