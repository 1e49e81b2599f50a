-- grain: one event day that a batch, a backfill or a recovery has noted since {since}
SELECT DISTINCT event_date FROM batch_days WHERE noted_at >= {since:DateTime64(3, 'UTC')} ORDER BY event_date
