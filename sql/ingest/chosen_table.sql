-- grain: one drop to be loaded, numbered in the order of receipt
-- `known`: the ledger has one of this name. The counts are those it has under this etag. `first_day` is that of a run that did not finish.
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ chosen }}
(
    place       UInt64,
    name        String,
    source      String,
    size        UInt64,
    etag        String,
    landed_at   DateTime64(6, 'UTC'),
    landed_day  Date,
    known       Bool,
    urgent      Bool,
    first_day   Date,
    lines       UInt64,
    accepted    UInt64,
    duplicates  UInt64,
    corrections UInt64,
    quarantined UInt64,
    ignored     UInt64,
    ignored_reasons Map(String, UInt64)
)
ENGINE = MergeTree
ORDER BY place
