-- epoch_millis(value): a time in milliseconds since 1970, in UTC. What is none, or lies before 1970-01-02 or after 2149, is refused by the contract
-- example: epoch_millis('1764075900500') → "2025-11-25T13:05:00.500Z"
-- example: epoch_millis('"1764075900500"') → "2025-11-25T13:05:00.500Z"
-- example: epoch_millis('"soon"') → "soon"
-- example: epoch_millis('null') →
SELECT
(
    value -> _epoch(as_text(clean(value)), '3')
) AS epoch_millis
