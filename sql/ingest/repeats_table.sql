-- grain: the key of an identity that may stand more than once in the batch, or in `events` already
CREATE TABLE {{ repeats }} (key UInt64) ENGINE = MergeTree ORDER BY key
