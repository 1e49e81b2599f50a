-- epoch_micros(value): a time in microseconds since 1970, in UTC. What is none, or lies before 1970-01-02 or after 2149, is refused by the contract
-- example: epoch_micros('1764075900500000') → "2025-11-25T13:05:00.500Z"
-- example: epoch_micros('"1764075900500000"') → "2025-11-25T13:05:00.500Z"
-- example: epoch_micros('"soon"') → "soon"
-- example: epoch_micros('null') →
SELECT
(
    value -> _epoch(as_text(clean(value)), '6')
) AS epoch_micros
