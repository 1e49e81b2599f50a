{# Each event day and key that the file or the rollup has, side by side; a difference is ours less theirs. #}
SELECT
    event_date,
    keys,
    file_rows,
    first_line,
    file_rows > 0 AS in_theirs,
    notEmpty(held) AS in_ours,
    if(in_theirs, given, arrayMap(amount -> toDecimal128(0, 12), held)) AS theirs,
    if(in_ours, held, arrayMap(amount -> toDecimal128(0, 12), given)) AS ours,
    arrayMap((our, their) -> our - their, ours, theirs) AS differences,
    arrayExists(difference -> difference != 0, differences) AS differs,
    -- a part of theirs, or so much
    arrayExists(
        (difference, their, absolute, relative) -> abs(difference) > toDecimal128(absolute, 12)
            AND toDecimal256(abs(difference), 24) > toDecimal256(abs(their), 12) * toDecimal256(relative, 12),
        differences, theirs, {absolute:Array(String)}, {relative:Array(String)}) AS beyond
FROM
(
    SELECT
        event_date, keys,
        sum(rows_given) AS file_rows,
        max(line_given) AS first_line,
        arrayFlatten(groupArrayIf(amounts, is_theirs)) AS given,
        arrayFlatten(groupArrayIf(amounts, NOT is_theirs)) AS held
    FROM
    (
        SELECT event_date, keys, file_rows AS rows_given, first_line AS line_given, theirs AS amounts, true AS is_theirs
        FROM {{ file }}
        WHERE NOT has({left_out:Array(Date)}, event_date)
        UNION ALL
        SELECT event_date, keys, 0, 0, ours, false
        FROM ({{ ours }})
    )
    GROUP BY event_date, keys
)
