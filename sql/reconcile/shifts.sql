-- grain: one offset from UTC that makes days and keys match which do not: which, and how many do not match any more
-- {half}: half a unit of the last decimal that the file has, for each row of it
-- days and keys of which the file has nothing match as soon as their events are counted outside of its days: they alone prove nothing
-- source: the rollup's SELECT over the events held (part `effect`), whose `event_date` stands for quarters of an hour since {start}
WITH
slots AS
(
    SELECT toUInt16(place) AS slot, keys, amounts FROM ({{ effect }})
),
shifted AS
(
    SELECT
        minutes,
        toDate({start:DateTime('UTC')} + 900 * slot + 60 * minutes, 'UTC') AS event_date,
        keys,
        sumForEach(amounts) AS moved
    FROM slots
    ARRAY JOIN {offsets:Array(Int16)} AS minutes
    WHERE event_date BETWEEN {first_tried:Date} AND {last_tried:Date}
    GROUP BY minutes, event_date, keys
),
sides AS
(
    SELECT minutes, c.event_date AS event_date, c.keys AS keys, c.theirs AS theirs, c.ours AS ours, c.file_rows AS file_rows
    FROM ({{ compared }}) AS c
    ARRAY JOIN {offsets:Array(Int16)} AS minutes
    WHERE event_date BETWEEN {first_tried:Date} AND {last_tried:Date}
),
tried AS
(
    WITH
        (our, their) -> arrayExists(
            (one, other, absolute, relative, half) -> abs(one - other) > toDecimal128(absolute, 12) + file_rows * toDecimal128(half, 12)
                AND toDecimal256(abs(one - other), 24) > toDecimal256(abs(other), 12) * toDecimal256(relative, 12),
            our, their, {absolute:Array(String)}, {relative:Array(String)}, {half:Array(String)}) AS is_beyond
    SELECT
        minutes, event_date, keys, file_rows,
        arrayExists(amount -> amount != 0, theirs) AS is_theirs,
        is_beyond(ours, theirs) AS was_off,
        is_beyond(if(empty(moved), arrayMap(amount -> toDecimal128(0, 12), theirs), moved), theirs) AS is_off
    FROM
    (
        SELECT minutes, event_date, keys, file_rows, theirs, ours, moved
        FROM sides
        LEFT JOIN shifted USING (minutes, event_date, keys)
    )
)
SELECT
    minutes,
    countIf(was_off AND NOT is_off) AS fixed,
    countIf(NOT was_off AND is_off) AS broken,
    groupArrayIf((event_date, keys), was_off AND NOT is_off) AS matching
FROM tried
GROUP BY minutes
HAVING fixed > broken AND countIf(was_off AND NOT is_off AND is_theirs) > 0
ORDER BY fixed - broken DESC, abs(minutes), minutes
LIMIT 5
