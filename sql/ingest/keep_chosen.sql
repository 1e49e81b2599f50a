-- grain: one drop to be loaded
-- source: the listing beside the ledger, see `chosen`
-- run again: never: the next run chooses anew
INSERT INTO {{ chosen }}
{{ select }}
