-- grain: one drop that a run has not finished with
SELECT drop FROM drops FINAL WHERE status IN ('loading', 'pending')
