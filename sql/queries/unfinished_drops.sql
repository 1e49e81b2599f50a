-- grain: one drop that a run has not finished with, or that has failed: the next run looks at it, wherever it lies
-- Read without FINAL first: of the ledger, only the drops that were ever so since it was merged.
SELECT drop
FROM drops FINAL
WHERE drop IN (SELECT drop FROM drops WHERE status IN ('loading', 'pending', 'failed'))
    AND status IN ('loading', 'pending', 'failed')
