-- epoch_nanos(value): a time in nanoseconds since 1970, in UTC. What is none, or lies before 1970-01-02 or after 2149, is refused by the contract
-- example: epoch_nanos('1764075900500000000') → "2025-11-25T13:05:00.500Z"
-- example: epoch_nanos('"1764075900500000000"') → "2025-11-25T13:05:00.500Z"
-- example: epoch_nanos('"soon"') → "soon"
-- example: epoch_nanos('null') →
SELECT
(
    value -> _epoch(as_text(clean(value)), '9')
) AS epoch_nanos
