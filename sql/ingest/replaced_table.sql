-- grain: one event whose row replaces one that is published, to be attached to `events` past its views
-- A projection that somebody has added to `events` is there too: a table whose merges take rows away has to be told what becomes of it.
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ replaced }} AS events
ENGINE = ReplacingMergeTree(version)
PARTITION BY event_date
PRIMARY KEY event_id
ORDER BY ({{ identity }})
{% include "ingest/expiry.sql" %}

SETTINGS ttl_only_drop_parts = 1, deduplicate_merge_projection_mode = 'rebuild', {{ synced }}
