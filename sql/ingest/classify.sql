-- grain: one valid record whose identity may stand more than once, for a slice of keys
-- source: these lines and the row that `events` holds of their identity, in the order of receipt: position, then the drop's name,
--   then line, then record
-- {whole}: the drops are here with all their lines, so that a row which one of them confirmed last gives way to what it says now
-- run again: after a crash or as a reload, a drop that brought an identity (`origin`), or the very record that
--   the row came from, is told from a repetition, so that its records are counted as the first time
INSERT INTO {{ outcomes }}
WITH
    seen AS
    (
        SELECT
            {{ identity }}, b.drop_no AS drop_no, line_number, record, b.position AS position, b.drop AS drop,
            sipHash128({{ content_columns }}) AS content
        FROM {{ repeating }} AS s
        INNER JOIN {{ batch }} AS b ON s.drop = b.drop
        WHERE {{ identity_key }} % {slices:UInt64} = {slice:UInt64}
    ),
    -- `confirmed_line` 0: the content was confirmed by the record that it came from, and by none after it
    held AS
    (
        SELECT
            {{ identity }}, version, drop, line_number, record, origin, confirmed_by,
            bitShiftLeft(bitShiftRight(version, 32), 32) AS position,
            if(confirmed_line = 0, line_number, confirmed_line) AS confirming_line,
            if(confirmed_line = 0, record, confirmed_record) AS confirming_record,
            sipHash128({{ content_columns }}) AS content
        FROM events FINAL
        WHERE event_date IN {days:Array(Date)}
            {% if few %}
            AND event_id IN (SELECT event_id FROM {{ repeating }})
            {% endif %}
            AND {{ identity_key }} % {slices:UInt64} = {slice:UInt64}
            AND {{ identity_key }} IN (SELECT key FROM {{ repeats }} WHERE key % {slices:UInt64} = {slice:UInt64})
    ),
    -- each identity's records in the order of receipt: (position, drop, line_number, record, drop_no, content)
    identities AS
    (
        SELECT
            {{ identity }},
            arraySort(x -> (x.1, x.2, x.3, x.4), groupArray((position, drop, line_number, record, drop_no, content))) AS received
        FROM seen
        GROUP BY {{ identity }}
    ),
    -- the row held takes its place among them, unless what confirmed it last is there
    ordered AS
    (
        SELECT
            event_date,
            received,
            h.version > 0 AS is_held,
            h.content AS held_content,
            h.version AS held_version,
            (toString(h.drop), h.line_number, h.record) AS held_source,
            (h.position, toString(h.confirmed_by), h.confirming_line, h.confirming_record) AS held_place,
            if(is_held, h.origin, received[1].2) AS origin,
            is_held AND NOT arrayExists(
                x -> x.2 = held_place.2 AND ({whole:Bool} OR (x.3 = held_place.3 AND x.4 = held_place.4)), received) AS is_apart,
            if(is_apart,
                arraySort(x -> (x.1, x.2, x.3, x.4),
                    arrayPushBack(received, (held_place.1, held_place.2, held_place.3, held_place.4, toUInt32(4294967295), held_content))),
                received) AS sequence,
            arrayMap(x -> x.6, sequence) AS contents,
            -- the content before each: an array looked up by place would be copied for every record of an identity
            arrayShiftRight(contents, 1) AS contents_before,
            arrayEnumerate(sequence) AS places,
            -- the last content, and the first record of its unbroken run at the end
            contents[-1] AS last_content,
            arrayLastIndex((c, before, i) -> i = 1 OR c != before, contents, contents_before, places) AS winner,
            (sequence[-1].1, sequence[-1].2, sequence[-1].3, sequence[-1].4) AS last_place,
            -- of a drop that is not here with all its records, one that is not here may have been the first
            if(is_apart AND NOT {whole:Bool}, 0, arrayFirstIndex(x -> x.2 = origin AND x.5 != 4294967295, sequence)) AS introducer,
            multiIf(
                NOT is_held, 'insert',
                held_content != last_content, 'replace',
                last_place > held_place, 'touch',
                'none') AS action,
            -- higher than that of the row replaced, whatever the positions say
            greatest(last_place.1 + last_place.3, if(is_held, held_version + 1, toUInt128(0))) AS new_version
        FROM identities AS i
        LEFT JOIN held AS h USING ({{ identity }})
    )
SELECT
    item.5 AS drop_no,
    item.3 AS line_number,
    item.4 AS record,
    multiIf(
        place = introducer, 'accepted',
        place > 1, if(content_before = item.6, 'duplicate', 'correction'),
        (item.2, item.3, item.4) = held_source, 'correction',
        item.6 = held_content, 'duplicate',
        'correction') AS outcome,
    if(place = winner_item, action, 'none') AS action,
    new_version AS version,
    origin,
    if(place = winner, item.2, held_source.1) AS drop,
    if(place = winner, item.3, held_source.2) AS source_line,
    if(place = winner, item.4, held_source.3) AS source_record,
    last_place.2 AS confirmed_by,
    last_place.3 AS confirmed_line,
    last_place.4 AS confirmed_record,
    item.2 AS drop_name,
    event_date AS day
FROM
(
    -- when the end run begins with the row held, the record after it confirms that row, which keeps its lineage
    SELECT *, if(sequence[winner].5 = 4294967295, winner + 1, winner) AS winner_item FROM ordered
)
ARRAY JOIN sequence AS item, contents_before AS content_before, places AS place
WHERE item.5 != 4294967295
