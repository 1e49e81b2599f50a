-- grain: one drop as the landing store lists it
CREATE TABLE {{ listing }}
(
    name       String,
    source     String,
    size       UInt64,
    etag       String,
    landed_at  DateTime64(6, 'UTC'),
    landed_day Date
)
ENGINE = MergeTree
ORDER BY name
