-- epoch_seconds(value): a time in seconds since 1970, in UTC. What is none, or lies before 1970-01-02 or after 2149, is refused by the contract
-- example: epoch_seconds('1764075900.5') → "2025-11-25T13:05:00.500Z"
-- example: epoch_seconds('"1764075900.5"') → "2025-11-25T13:05:00.500Z"
-- example: epoch_seconds('"soon"') → "soon"
-- example: epoch_seconds('null') →
SELECT
(
    value -> _epoch(as_text(clean(value)), '0')
) AS epoch_seconds
