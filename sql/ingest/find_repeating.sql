-- grain: one valid record whose identity may stand more than once
-- source: the valid records, beside the keys of `repeats`
-- run again: never: the table would have each of them twice
INSERT INTO {{ repeating }}
{% include "ingest/repeating.sql" %}
