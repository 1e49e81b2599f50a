-- grain: one value: drops that the next ingest takes up again: begun and not finished, asked for, or not fetched (which have no etag)
SELECT count() FROM drops FINAL WHERE status IN ('pending', 'loading') OR (status = 'failed' AND etag = '')
