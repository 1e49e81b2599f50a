-- grain: one row: the events of the event days from {kept_from} on, by the ledger, and the refused lines that wait for a replay
SELECT
    (SELECT sum(d.accepted) FROM drop_days AS d FINAL WHERE event_date >= {kept_from:Date}) AS events,
    (SELECT count() FROM quarantine FINAL WHERE state = 'held') AS quarantine
