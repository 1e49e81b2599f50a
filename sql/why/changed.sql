-- grain: one row: when the newest content in a cell was written, and the drop that it came from; none for an empty cell
-- source: the cell's records (part `records`), the notes of batches, the ledger; content that was confirmed since is as old as its drop's loading
SELECT maxOrNull(at) AS changed_at, argMax(drop, at) AS changed_by
FROM
(
    SELECT r.drop AS drop, if(b.batch != '', b.noted_at, d.updated_at) AS at
    FROM (SELECT DISTINCT why_record.1 AS drop, why_record.3 AS batch FROM ({{ records }})) AS r
    LEFT JOIN (SELECT batch, noted_at FROM batch_days FINAL WHERE event_date = {day:Date}) AS b ON r.batch = b.batch
    LEFT JOIN (SELECT drop, updated_at FROM drops FINAL) AS d ON r.drop = d.drop
)
