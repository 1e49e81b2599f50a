-- grain: one drop with lines held in quarantine, and how many
SELECT drop, count() AS lines
FROM quarantine FINAL
{% include "queries/quarantine_where.sql" %}

GROUP BY drop
ORDER BY drop
