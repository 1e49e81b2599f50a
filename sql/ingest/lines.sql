-- grain: one line of an NDJSON drop, or one record of a drop of any other format as a JSON object: that is its line
-- ways in: `files` that the engine reads in place, named by number (0000007.ndjson.gz is the drop with drop_no 7); one such file `alone`;
--   such files of NDJSON `together` in one, each line behind the number of its drop and how many lines are before those of its drop;
--   the `body` of the insert; an object of the landing `bucket`, which the server reads itself by a named collection
-- CSV: cells are strings, an empty one is null. The columns are named by their places, so that no name of the header meets one of the
--   engine's; {names} are those of the header. A record without a cell is no line. One with more cells than the header, or with
--   whole lines in a cell, is no object, so it is refused: a list of all its cells.
-- Parquet, Avro: files of one statement have the same columns; times are ISO 8601 in UTC. What a server reads from the bucket and would
--   read otherwise than the Arrow stream that is sent for a Parquet drop fails, and is sent. Older releases (24.10) make dates and times
--   before 1900 and after 2299 such as they know: an Avro drop that may have one fails.
-- ORC, Arrow: an Arrow stream is made of the drop.
{% if csv %}
WITH
    length({names:Array(String)}) AS wanted,
    arrayMap((name, place) -> concat(if(place > 1, ',', '{'), toJSONString(name), ':'), {names:Array(String)}, range(1, wanted + 1)) AS keys,
    cells -> concat(
        arrayStringConcat(arrayMap(
            (key, cell) -> concat(key, if(coalesce(cell, '') = '', 'null', toJSONString(assumeNotNull(cell)))), keys, arrayResize(cells, wanted))),
        '}') AS object,
    -- A quote that opens a cell and is never closed takes all lines behind it into that cell: the cell is the last of a record that is too
    -- short, or what is in its place has as many delimiters in its second line as a record; of one column, it is no JSON.
    cells -> if(
        isNull(cells[wanted]),
        position(coalesce(cells[arrayLastIndex(cell -> isNotNull(cell), cells)], ''), '\n') > 0,
        position(assumeNotNull(cells[wanted]), '\n') > 0 AND if(
            wanted = 1,
            NOT isValidJSON(assumeNotNull(cells[wanted])),
            countSubstrings(splitByChar('\n', assumeNotNull(cells[wanted]))[2], {delimiter:String}) >= wanted - 1)) AS has_lines,
    -- a cell that is absent is null, one that is there and empty is not
    cells -> multiIf(
        isNotNull(cells[{most:UInt32}]), toString(throwIf(isNotNull(cells[{most:UInt32}]), 'a record has more cells than were expected')),
        coalesce(cells[1], '') = '' AND arrayLastIndex(cell -> isNotNull(cell), cells) < 2, '',
        has_lines(cells) OR arrayLastIndex(cell -> coalesce(cell, '') != '', arraySlice(cells, wanted + 1)) > 0,
            toJSONString(arrayMap(cell -> coalesce(cell, ''), arraySlice(cells, 1, arrayLastIndex(cell -> isNotNull(cell), cells)))),
        object(cells)) AS line_of
{% endif %}
SELECT
{% if together %}
    toUInt32(substring(text, 1, 7)) AS drop_no,
    toUInt64(assumeNotNull(_row_number) + 1) - toUInt64(substring(text, 8, 12)) AS line_number,
{% elif files %}
    toUInt32(substring(_file, 1, 7)) AS drop_no, -- by the engine's dictionary of names, not by row
    toUInt64(assumeNotNull(_row_number) + 1)
{% if avro %}
        + throwIf(
            {% include "ingest/may_be_changed.sql" %},
            'a date or a time may be before 1900 or after 2299, and this release would change it: write it as text')
{% endif %}
        AS line_number,
{% elif body or alone %}
    {drop_no:UInt32} AS drop_no,
    rowNumberInAllBlocks() + 1
{% if avro %}
        + throwIf(
            {% include "ingest/may_be_changed.sql" %},
            'a date or a time may be before 1900 or after 2299, and this release would change it: write it as text')
{% endif %}
        AS line_number,
{% else %}
    {drop_no:UInt32} AS drop_no,
    rowNumberInAllBlocks() + 1 + throwIf({etag:String} != '' AND _etag != {etag:String}, 'the named collection has another object of this name')
{% if parquet %}
        + throwIf(
            (SELECT has(columns.path, '') FROM s3({{ collection }}, filename = {key:String}, format = 'ParquetMetadata', compression_method = 'none')),
            'a column has no name, and would be left out')
        + throwIf(position(toTypeName(tuple(*)), 'FixedString(16)') > 0, 'a column may be a UUID, which this release reads as bytes')
        + throwIf(
            toYear(toDate32('9999-12-31')) < 9999 AND position(toTypeName(tuple(*)), 'Tuple(', 7) > 0,
            'a struct may be null, and this release makes its fields 0')
        + throwIf(position(formatRowNoNewline('JSONEachRow', *), '"1970-01-01T') > 0, 'a time may be one of day')
        + throwIf(
            {% include "ingest/may_be_changed.sql" %},
            'a date or a time may be one that this release does not know')
{% endif %}
        AS line_number,
{% endif %}
{% if together %}
    substring(text, 20) AS line
{% elif ndjson %}
    line
{% elif csv %}
    line_of(CAST([*], 'Array(Nullable(String))')) AS line
{% else %}
    formatRowNoNewline('JSONEachRow', *) AS line
{% endif %}
{% if together %}
FROM file({path:String}, 'LineAsString', 'text String')
{% elif files and ndjson %}
FROM file({path:String}, 'LineAsString', 'line String')
{% elif files and csv %}
FROM file({path:String}, 'CSV', {structure:String})
{% elif avro and not body %}
FROM file({path:String}, 'Avro', {structure:String})
{% elif arrow and not body %}
FROM file({path:String}, 'ArrowStream')
{% elif files or alone %}
FROM file({path:String}, 'Parquet')
{% elif body and ndjson %}
FROM input('line String')
{% elif body %}
FROM input({structure:String})
{% elif ndjson %}
FROM s3({{ collection }}, filename = {key:String}, format = 'LineAsString', structure = 'line String', compression_method = {compression:String})
{% else %}
FROM s3({{ collection }}, filename = {key:String}, format = 'Parquet', compression_method = {compression:String})
{% endif %}
