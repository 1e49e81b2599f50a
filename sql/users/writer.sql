-- What `ads ingest`, `reload`, `backfill`, `retention`, `quarantine` and `drops` need: to read and insert, to swap and drop partitions
-- (ALTER DELETE), and to make and drop tables of their own (scratch_…). No table or view of the database can be dropped.
GRANT {{ on_cluster }}
    SELECT, INSERT, ALTER DELETE ON {{ database }}.*,
    SELECT, INSERT, ALTER DELETE ON {{ local }}.*,
    CREATE TABLE, DROP TABLE, TRUNCATE ON {{ database }}.scratch_*,
    CREATE TABLE, DROP TABLE, TRUNCATE ON {{ local }}.scratch_*,
    SYSTEM SYNC REPLICA ON {{ database }}.*,
    SYSTEM SYNC REPLICA ON {{ local }}.*,
    REMOTE ON *.*
TO {{ role }}
