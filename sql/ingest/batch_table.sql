-- grain: one drop of the batch, numbered in the order of receipt; `known`: the ledger had it,
-- `counted`: with counts of its lines under the same etag; `batch`: this batch
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ batch }}
(
    drop_no    UInt32,
    drop       String,
    source     LowCardinality(String),
    landed_day Date,
    position   UInt128,
    known      Bool,
    counted    Bool,
    batch      LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY drop_no
