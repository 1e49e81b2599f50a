-- Writes each valid record of a batch to its table, with the drop that it stands in
-- run again: no change; the next run makes one of its own, and this one is dropped with what a run left behind
CREATE MATERIALIZED VIEW IF NOT EXISTS {{ valid_view }} TO {{ valid }} AS
SELECT
    {{ event_columns }}, event_date, ids, b.drop AS drop, line_number, record, b.drop AS origin, b.position AS version, b.drop AS confirmed_by,
    b.batch AS batch, toUInt64(0) AS confirmed_line, toUInt32(0) AS confirmed_record
FROM {{ intake }} AS s
INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
WHERE empty(reasons)
