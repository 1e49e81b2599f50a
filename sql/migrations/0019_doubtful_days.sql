-- grain: one event day that readers leave out: a run noted it, and the engine was killed before the run had settled it. An engine
-- before 26.6 may have started with rows that had been swapped out, so the day may count twice; the next run that writes settles it.
-- source: `batch_days`. What the engine, as it runs, has been told since it started is no reason for doubt: a run is at work. Nor is
-- a note that rows were lost (`lost-…`): nothing is swapped under it.
-- Read without FINAL, so that no setting of the reader changes the answer, and of settled notes only those of the few batches that matter.
-- Every query of a report plans this one too: each read of a table here takes longer to plan than to run. So there are two, not five.
-- table: everywhere
-- Run again: no change.
CREATE OR REPLACE VIEW doubtful_days {{ on_cluster }} AS
SELECT event_date
FROM batch_days
WHERE batch IN
(
    SELECT batch
    FROM batch_days
    WHERE settled = 0 AND NOT startsWith(batch, 'lost-')
        AND (noted_at < now64(3) - toIntervalSecond(uptime()) OR noted_at > now64(3) + toIntervalMinute(10))
)
GROUP BY batch, event_date
HAVING max(settled) = 0
LIMIT 1 BY event_date
