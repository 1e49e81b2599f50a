{# Of each record of a platform's file, its line, the cells that are compared (its day, its keys, its amounts; '' where there is none), and
   whether it has more cells than the header. #}
SELECT
    rowNumberInAllBlocks() + 1 + {skipped:UInt64} AS line,
    arrayMap(cell -> replaceRegexpAll(ifNull(cell, ''), '^[\\s\\x{00A0}\\x{FEFF}]+|[\\s\\x{00A0}]+$', ''),
{% if ndjson %}
        arrayMap(
            token -> multiIf(startsWith(token, '"'), JSONExtractString(token), token = 'null', '', token),
            arrayMap(name -> JSONExtractRaw(line_text, name), {names:Array(String)}))
{% else %}
        [{{ columns }}]
{% endif %}
    ) AS cells,
{% if ndjson %}
    false AS is_wide
{% else %}
    ifNull({{ surplus }}, '') != '' AS is_wide
{% endif %}
FROM {{ file }}
