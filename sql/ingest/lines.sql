-- grain: one line of an NDJSON drop, or one record of a CSV or Parquet drop as a JSON object: that is its line
-- ways in: `files` that the engine reads in place, named by number (0000007.ndjson.gz is the drop with drop_no 7); the `body` of the insert;
--   an object of the landing `bucket`, which the server reads itself by a named collection
-- CSV: cells are strings, an empty one is null. `surplus` takes the cells beyond the header: such a record is passed on as it is no object,
--   and refused. Parquet: files of one statement have the same columns; a body is an Arrow stream; times are ISO 8601 in UTC.
SELECT
{% if files %}
    toUInt32(splitByChar('.', _file)[1]) AS drop_no,
    toUInt64(assumeNotNull(_row_number) + 1) AS line_number,
{% elif body %}
    {drop_no:UInt32} AS drop_no,
    rowNumberInAllBlocks() + 1 AS line_number,
{% else %}
    {drop_no:UInt32} AS drop_no,
    rowNumberInAllBlocks() + 1 + throwIf({etag:String} != '' AND _etag != {etag:String}, 'the named collection has another object of this name')
        AS line_number,
{% endif %}
{% if ndjson %}
    line
{% elif csv %}
    if(isNull(surplus), formatRowNoNewline('JSONEachRow', * EXCEPT surplus), formatRowNoNewline('CSV', *)) AS line
{% else %}
    formatRowNoNewline('JSONEachRow', *) AS line
{% endif %}
{% if files and ndjson %}
FROM file({path:String}, 'LineAsString', 'line String')
{% elif files and csv %}
FROM file({path:String}, 'CSV', {structure:String})
{% elif files %}
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
