-- grain: one batch and event day that a run began to change and did not finish
SELECT batch, event_date FROM batch_days FINAL WHERE settled = 0 ORDER BY event_date, batch
