-- What `ads ingest`, `reload`, `backfill`, `retention`, `quarantine` and `drops` need: to look at the server's tables about itself, to read and
-- insert, to swap and drop partitions (ALTER DELETE), and to make and drop tables of their own (scratch_…). No other table or view can be
-- dropped. With a named collection the server reads large drops from the bucket itself.
-- What `ads init` needs besides, as a migrator: to make, change and drop tables and views.
-- run again: no change; a right that was granted before stays
GRANT {{ on_cluster }}
    SELECT ON system.clusters, SELECT ON system.columns, SELECT ON system.databases, SELECT ON system.merge_tree_settings,
    SELECT ON system.one, SELECT ON system.parts, SELECT ON system.processes, SELECT ON system.replicas,
    SELECT ON system.replication_queue, SELECT ON system.settings, SELECT ON system.tables,
    {% for place in (database, local) %}
    SELECT, INSERT, ALTER DELETE, SYSTEM SYNC REPLICA ON {{ place }}.*,
    CREATE TABLE, DROP TABLE, TRUNCATE ON {{ place }}.scratch_*,
    {% if migrates %}
    CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, ALTER ON {{ place }}.*,
    {% endif %}
    {% endfor %}
    {% if migrates %}
    CLUSTER ON *.*,
    {% endif %}
    {% if collection %}
    NAMED COLLECTION ON {{ collection }}, S3 ON *.*,
    {% endif %}
    REMOTE ON *.*
TO {{ role }}
