-- grain: one drop as the landing store lists it; `urgent`: raw lacks rows that it brought
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
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
