-- grain: one drop of the batch, numbered in the order of receipt; `known`: the ledger had it,
-- `counted`: with counts of its lines under the same etag
CREATE TABLE {{ batch }}
(
    drop_no    UInt32,
    drop       String,
    source     LowCardinality(String),
    landed_day Date,
    position   UInt128,
    known      Bool,
    counted    Bool
)
ENGINE = MergeTree
ORDER BY drop_no
