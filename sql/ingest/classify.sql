-- grain: one valid line whose identity may stand more than once, for a slice of keys
-- source: these lines and the row that `events` holds of their identity, in the order of receipt
-- run again, after a crash or as a reload: a drop that brought an identity (`origin`), or the very line that
-- the row came from, is told from a repetition, so that its lines are counted as the first time
INSERT INTO {{ outcomes }}
WITH
    seen AS
    (
        SELECT
            event_date, event_id, s.drop_no AS drop_no, line_number, b.position AS position, b.drop AS drop,
            sipHash128(event_time, event_type, campaign_id, ad_id, publisher_id, user_id, country, device, cost, revenue, attributes) AS content
        FROM {{ staging }} AS s
        INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
        WHERE empty(reasons) AND key % {slices:UInt64} = {slice:UInt64}
            AND key IN (SELECT key FROM {{ repeats }} WHERE key % {slices:UInt64} = {slice:UInt64})
    ),
    held AS
    (
        SELECT
            event_date, event_id, version, drop, line_number, origin,
            sipHash128(event_time, event_type, campaign_id, ad_id, publisher_id, user_id, country, device, cost, revenue, attributes) AS content
        FROM events FINAL
        WHERE event_date IN {days:Array(Date)}
            AND sipHash64(event_date, event_id) % {slices:UInt64} = {slice:UInt64}
            AND sipHash64(event_date, event_id) IN (SELECT key FROM {{ repeats }} WHERE key % {slices:UInt64} = {slice:UInt64})
    ),
    -- each identity's lines in the order of receipt: (position, line_number, drop_no, content, drop)
    identities AS
    (
        SELECT event_date, event_id, arraySort(x -> (x.1, x.2), groupArray((position, line_number, drop_no, content, drop))) AS received
        FROM seen
        GROUP BY event_date, event_id
    ),
    -- the row held takes its place among them, unless the very line it came from is there
    ordered AS
    (
        SELECT
            received,
            h.version > 0 AS is_held,
            h.content AS held_content,
            h.version AS held_version,
            h.drop AS held_drop,
            h.line_number AS held_line,
            if(is_held, h.origin, received[1].5) AS origin,
            is_held AND NOT arrayExists(x -> x.5 = held_drop AND x.2 = held_line, received) AS is_apart,
            if(is_apart,
                arraySort(x -> (x.1, x.2), arrayPushBack(received, (held_version, toUInt64(0), toUInt32(4294967295), held_content, held_drop))),
                received) AS sequence,
            arrayMap(x -> x.4, sequence) AS contents,
            arrayEnumerate(sequence) AS places,
            -- the last content, and the first line of its unbroken run at the end
            contents[-1] AS last_content,
            arrayLastIndex((c, i) -> i = 1 OR c != contents[i - 1], contents, places) AS winner,
            greatest(sequence[-1].1, held_version) AS last_version,
            arrayFirstIndex(x -> x.5 = origin AND x.3 != 4294967295, sequence) AS introducer,
            multiIf(
                NOT is_held, 'insert',
                held_content != last_content AND last_version > held_version, 'replace',
                held_content != last_content AND NOT is_apart, 'replace',
                last_version > held_version, 'touch',
                'none') AS action
        FROM identities AS i
        LEFT JOIN held AS h ON i.event_date = h.event_date AND i.event_id = h.event_id
    )
SELECT
    item.3 AS drop_no,
    item.2 AS line_number,
    multiIf(
        place = introducer, 'accepted',
        place > 1, if(contents[place - 1] = item.4, 'duplicate', 'correction'),
        item.5 = held_drop AND item.2 = held_line, 'correction',
        item.4 = held_content, 'duplicate',
        'correction') AS outcome,
    if(place = winner_line, action, 'none') AS action,
    last_version AS version,
    origin,
    if(place = winner, item.5, held_drop) AS drop,
    if(place = winner, item.2, held_line) AS source_line
FROM
(
    -- when the end run begins with the row held, the line after it confirms that row, which keeps its lineage
    SELECT *, if(sequence[winner].3 = 4294967295, winner + 1, winner) AS winner_line FROM ordered
)
ARRAY JOIN sequence AS item, places AS place
WHERE item.3 != 4294967295
