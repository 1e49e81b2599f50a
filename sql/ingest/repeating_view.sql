-- grain: one valid record whose identity may stand more than once: many of them are not copied (see repeating_table)
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE VIEW {{ repeating }} AS
{% include "ingest/repeating.sql" %}
