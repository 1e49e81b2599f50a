-- Writes each record of a batch that is not valid, or carries the text of its line, to a table of its own
-- run again: no change; the next run makes one of its own, and this one is dropped with what a run left behind
CREATE MATERIALIZED VIEW IF NOT EXISTS {{ aside_view }} TO {{ aside }} AS
SELECT *
FROM {{ intake }}
WHERE notEmpty(reasons) OR line != ''
