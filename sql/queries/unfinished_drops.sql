-- grain: one value: drops that an ingest has begun with, or was asked for, and has not done with; those that could not be fetched have no etag
SELECT count() FROM drops FINAL WHERE status IN ('pending', 'loading') OR (status = 'failed' AND etag = '')
