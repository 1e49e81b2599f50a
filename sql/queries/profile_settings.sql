-- grain: one setting that the user's profile changes and that may change results, but for those pinned
-- source: the settings of this connection
SELECT name, default
FROM system.settings
WHERE name NOT IN {pinned:Array(String)}
    AND {% include "queries/changes_results.sql" %}
