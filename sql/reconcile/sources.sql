-- grain: one source of which quarantine holds lines
SELECT DISTINCT source FROM quarantine FINAL WHERE state = 'held' ORDER BY source
