-- grain: one batch and event day that a run began to change and did not finish
-- Read without FINAL: of settled notes, only those of the few batches that have one which is not.
SELECT batch, event_date
FROM batch_days
WHERE batch IN (SELECT batch FROM batch_days WHERE settled = 0)
GROUP BY batch, event_date
HAVING max(settled) = 0
ORDER BY event_date, batch
