-- grain: one valid record whose identity stands more than once in the batch or in `events` already
-- `drop_name` is that of `drop_no`; `action` is what publishing does with the record; the columns between are those of the row to be written.
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ outcomes }}
(
    drop_no     UInt32,
    line_number UInt64,
    record      UInt32,
    outcome     Enum8('accepted' = 1, 'duplicate' = 2, 'correction' = 3),
    action      Enum8('none' = 0, 'insert' = 1, 'touch' = 2, 'replace' = 3),
    version     UInt128,
    origin      String,
    drop        String,
    source_line UInt64,
    source_record UInt32,
    confirmed_by String,
    confirmed_line UInt64,
    confirmed_record UInt32,
    drop_name   String,
    day         Date
)
ENGINE = MergeTree
ORDER BY (drop_no, line_number, record)
SETTINGS {% include "ingest/unmerged.sql" %}
