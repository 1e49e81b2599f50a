-- grain: one drop as the landing store lists it; `urgent`: raw lacks rows that it brought
CREATE TABLE {{ listing }}
(
    name       String,
    source     String,
    size       UInt64,
    etag       String,
    landed_at  DateTime64(6, 'UTC'),
    landed_day Date,
    urgent     Bool
)
ENGINE = MergeTree
ORDER BY name
