-- grain: one drop of the batch, numbered in the order of receipt
CREATE TABLE {{ batch }}
(
    drop_no    UInt32,
    drop       String,
    source     LowCardinality(String),
    landed_day Date,
    position   UInt128
)
ENGINE = MergeTree
ORDER BY drop_no
