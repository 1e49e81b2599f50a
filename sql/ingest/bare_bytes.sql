-- grain: how many bytes the lines have whose text stands with none of their refused records
SELECT sum(length(line))
FROM {{ aside }}
WHERE record = 1 AND line != '' AND (drop_no, line_number) GLOBAL IN (SELECT drop_no, line_number FROM ({% include "ingest/bare_lines.sql" %}))
