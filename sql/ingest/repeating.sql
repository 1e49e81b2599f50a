-- grain: one valid record whose identity may stand more than once
-- source: the valid records, beside the keys of `repeats`
-- A few of them are copied, so that no statement after this one looks for them among all; of many, a view costs less.
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE {% if few %}TABLE{% else %}VIEW{% endif %} {{ repeating }}
{% if few %}
ENGINE = MergeTree
ORDER BY tuple()
SETTINGS {% include "ingest/unmerged.sql" %}, min_bytes_for_wide_part = 1073741824
{% endif %}
AS
SELECT * FROM {{ valid }} WHERE cityHash64({{ identity }}) IN (SELECT key FROM {{ repeats }})
