-- grain: one row: how many lines an insert put aside for the contract, and how many records the source ignores (see stage_plain)
SELECT countIf(confirmed_record = 0 AND record < 2) AS lines, countIf(confirmed_record = 1) AS ignored
FROM {{ valid }}
WHERE event_date = toDate(0) AND confirmed_line = {rest:UInt64}
