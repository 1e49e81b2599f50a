-- objects(key): the objects of the list that a line has at a key, each as a map from its keys to its values, as `fields` is of a line. What is no object
--   is an empty map, which is refused as an event. It reads the line itself: where nothing reads `fields`, that is never made
-- example: objects('list') → [{'id':'"a"','n':'1.5'},{}]
-- example: objects('order') → []
SELECT
(
    key -> arrayMap(
        object -> CAST(JSONExtractKeysAndValuesRaw(object), 'Map(String, String)'),
        JSONExtractArrayRaw(if(rewritten = '', line, rewritten), key))
) AS objects
