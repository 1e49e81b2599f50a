{# The places of a text where an id may stand: runs of the characters that ids have, and whole strings of JSON. #}
text -> arrayFilter(part -> length(part) > 3, arrayDistinct(arrayConcat(
    extractAll(text, '[^\\x00-\\x2a\\x2c\\x2f\\x3a-\\x3f\\x5b-\\x5e\\x60\\x7b-\\x7f]+'),
    if(position(text, '"') > 0, extractAll(text, '"((?:[^"\\\\]|\\\\.)*)"'), [])))) AS parts_of
