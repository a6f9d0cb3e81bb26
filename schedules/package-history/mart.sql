-- The mart: what was parsed, as it was, and what is made of it. Read by sqlite3(1) in the run's work
-- folder; the mode leaves quotes in the text alone.
.mode ascii
.separator "\t" "\n"

BEGIN;

-- dpkg's status file: each package once per architecture.
CREATE TABLE package (
    name TEXT NOT NULL,
    architecture TEXT NOT NULL,
    section TEXT NOT NULL,
    state TEXT NOT NULL,                -- installed, config-files, half-configured ...
    version TEXT NOT NULL,
    installed_kib INTEGER NOT NULL,
    PRIMARY KEY (name, architecture)
) STRICT;

-- dpkg's log: each change as it was written, times in the host's zone.
CREATE TABLE change (
    at TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('install', 'upgrade', 'remove', 'purge')),
    name TEXT NOT NULL,
    architecture TEXT NOT NULL,
    old_version TEXT NOT NULL,
    new_version TEXT NOT NULL
) STRICT;

.import packages.tsv package
.import history.tsv change

-- The log does not name sections, and a purged package is in no file any more.
CREATE TABLE day_section AS
WITH placed AS (
    SELECT
        substr(at, 1, 10) AS day,
        action,
        coalesce(
            (SELECT section FROM package AS p
             WHERE p.name = change.name AND p.architecture = change.architecture),
            (SELECT min(section) FROM package AS p WHERE p.name = change.name),
            '(gone)') AS section
    FROM change
)
SELECT
    day,
    section,
    count(*) FILTER (WHERE action = 'install') AS installed,
    count(*) FILTER (WHERE action = 'upgrade') AS upgraded,
    count(*) FILTER (WHERE action = 'remove') AS removed,
    count(*) FILTER (WHERE action = 'purge') AS purged
FROM placed
GROUP BY day, section;

CREATE UNIQUE INDEX day_section_key ON day_section (day, section);

CREATE TABLE section_size AS
SELECT section, count(*) AS packages, sum(installed_kib) AS installed_kib
FROM package
WHERE state = 'installed'
GROUP BY section;

COMMIT;
