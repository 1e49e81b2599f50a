-- grain: one drop to be loaded, numbered in the order of receipt
CREATE TABLE {{ chosen }}
(
    place      UInt64,
    name       String,
    source     String,
    size       UInt64,
    etag       String,
    landed_at  DateTime64(6, 'UTC'),
    landed_day Date,
    tie        UInt32
)
ENGINE = MergeTree
ORDER BY place
