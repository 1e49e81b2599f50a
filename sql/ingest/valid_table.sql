-- grain: one valid record of the batch, as the row of `events` that it becomes if its identity stands nowhere else: whole days of this table
--   are attached there
-- Records of one identity all stay: neither an insert nor a merge takes any away. One file for all columns of a part takes half as long to
-- write as one for each, and is read as fast; merges in `events` make the others of them.
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ valid }} AS events
ENGINE = MergeTree
PARTITION BY event_date
PRIMARY KEY event_id
ORDER BY ({{ identity }})
{% include "ingest/expiry.sql" %}

SETTINGS min_bytes_for_wide_part = 1073741824, {{ synced }}, {% include "ingest/unmerged.sql" %}
