-- grain: one row of the history that names an erased person: in its keys (`is_theirs`), or in what its metrics collect, where `texts` stand
-- source: `day_totals`, beside the list of people. `naming`: rollups with the user id, which stands in `keys` at `places`; `plain`: rollups
--   whose metrics hold no texts; `lengths`: those that ids have, as a text within a state stands behind its length
WITH {% include "erase/hashing.sql" %}

SELECT name, event_date, keys, batch, max(named.3) AS is_theirs, groupUniqArrayIf(named.1, NOT named.3) AS texts
FROM
(
    WITH {% include "erase/places.sql" %}

    SELECT name, event_date, keys, batch, arrayJoin(arrayConcat(
        if(has({naming:Array(String)}, name), [(keys[{places:Array(UInt16)}[indexOf({naming:Array(String)}, name)]], false, true)], []),
        arrayMap(part -> (part, true, true), arrayDistinct(arrayConcat(keys, parts_of(arrayStringConcat(keys, ' '))))),
        if(NOT has({plain:Array(String)}, name), arrayMap(part -> (part, true, false), arrayDistinct(arrayConcat(
            totals,
            arrayFlatten(arrayMap(total -> parts_of(total), totals)),
            arrayFlatten(arrayMap(
                state -> arrayMap(
                    place -> substring(state, place + if(substring(state, place + 1, 3) = unhex('000000'), 4, 1), reinterpretAsUInt8(substring(state, place, 1))),
                    arrayFilter(place -> has({lengths:Array(UInt8)}, reinterpretAsUInt8(substring(state, place, 1))), range(1, length(state)))),
                states))))), []))) AS named
    FROM day_totals
    WHERE notEmpty(keys) OR NOT has({plain:Array(String)}, name)
)
WHERE (hashed(named.1), named.2) IN ({{ people }})
GROUP BY name, event_date, keys, batch
