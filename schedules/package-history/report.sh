#!/bin/sh
# Prints the published history: the latest days with changes, then the largest sections.
set -eu
. "${0%/*}/folder.sh"

case $report_days in
    '' | *[!0-9]*)
        echo "report_days is \"$report_days\": a number of days is wanted" >&2
        exit 65
        ;;
esac

mart "$state/mart.db" <<SQL
SELECT CASE
    WHEN count(*) = 0 THEN 'No change is on record: dpkg''s log is empty here.'
    ELSE count(*) || ' changes on ' || count(DISTINCT substr(at, 1, 10)) || ' days, from ' ||
        substr(min(at), 1, 10) || ' to ' || substr(max(at), 1, 10)
END FROM change;
.mode column
.headers on
SELECT * FROM (
    SELECT day, sum(installed) AS installed, sum(upgraded) AS upgraded, sum(removed) AS removed,
        sum(purged) AS purged, count(*) AS sections
    FROM day_section GROUP BY day ORDER BY day DESC LIMIT $report_days
) ORDER BY day;
.headers off
SELECT '';
.headers on
SELECT s.section, s.packages, round(s.installed_kib / 1024.0, 1) AS MiB,
    coalesce(sum(d.installed), 0) AS installed, coalesce(sum(d.upgraded), 0) AS upgraded
FROM section_size AS s LEFT JOIN day_section AS d ON d.section = s.section
GROUP BY s.section ORDER BY s.installed_kib DESC LIMIT 10;
SQL
