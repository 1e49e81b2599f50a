-- grain: one row: every fact about the database, and the migrations applied
SELECT facts, applied
FROM (SELECT groupArray((key, value)) AS facts FROM ({{ state }}) AS a) AS b
CROSS JOIN (SELECT groupArray((version, name, checksum)) AS applied FROM ({{ migrations }}) AS c) AS d
