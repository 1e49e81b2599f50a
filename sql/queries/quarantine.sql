-- grain: one record held in quarantine, the newest first; bytes that are no UTF-8 are shown as U+FFFD
SELECT id, drop, source, line_number, record, reasons, toValidUTF8(if(q.line = '', t.text, q.line)) AS line, quarantined_at
FROM
(
    SELECT
        lower(hex(if(record = 0, sipHash64(drop, line_number), sipHash64(drop, line_number, record)))) AS id,
        drop, source, line_number, record, reasons, line, quarantined_at
    FROM quarantine FINAL
    {% include "queries/quarantine_where.sql" %}

    ORDER BY quarantined_at DESC, drop, line_number, record
    LIMIT if({limit:UInt64} = 0, 1000000000, {limit:UInt64})
) AS q
LEFT JOIN ({% include "queries/quarantine_texts.sql" %}) AS t ON q.drop = t.drop AND q.line_number = t.line_number
ORDER BY quarantined_at DESC, drop, line_number, record
