{# The places of a text where an id may stand: runs of the characters that ids have, runs between spaces, and whole strings of JSON; where there
   are backslashes, as they stand there and as JSON means them. #}
text -> arrayFilter(part -> length(part) > 3, arrayDistinct(arrayConcat(
    extractAll(text, '[^\\x00-\\x2a\\x2c\\x2f\\x3a-\\x3f\\x5b-\\x5e\\x60\\x7b-\\x7f]+'),
    arrayFlatten(arrayMap(
        held -> if(position(held, '\\') > 0, [held, JSONExtractString(concat('"', held, '"'))], [held]),
        arrayConcat(
            extractAll(text, '[^\\s,;]+'),
            if(position(text, '"') > 0, extractAll(text, '"((?:[^"\\\\]|\\\\.)*)"'), []))))))) AS parts_of
