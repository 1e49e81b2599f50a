-- grain: one row: what a platform's file holds, and the first record that cannot be read
-- source: its records (part `records`)
SELECT
    countIf(kind = 'row') AS rows,
    countIf(kind = 'total') AS totals,
    countIf(kind = 'note') AS notes,
    countIf(kind IN ('wide', 'day', 'amount')) AS faults,
    arraySort(groupArrayIf(line, kind = 'total' OR kind = 'note')) AS skipped_lines,
    minIf(assumeNotNull(day), kind = 'row') AS first_day,
    maxIf(assumeNotNull(day), kind = 'row') AS last_day,
    maxForEachIf(digits, kind = 'row') AS digits,
    argMinIf((kind, line, day_cell, amount_cells, arrayFirstIndex(number -> isNull(number), plain)), line, kind IN ('wide', 'day', 'amount')) AS fault
FROM ({{ records }})
SETTINGS max_threads = 1, parallelize_output_from_storages = 0
