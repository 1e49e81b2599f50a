-- grain: one scratch table that a run left behind
SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'batch_') AND name != 'batch_days' ORDER BY name
