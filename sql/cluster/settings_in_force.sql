-- grain: one setting that a node of the cluster works with when another node asks it: one that is pinned, or one that its profile changes there
-- The other changes are this session's own, which go along. A server turns off positional arguments by itself when it asks itself.
SELECT _shard_num AS place, name, value, has({pinned:Array(String)}, name) AS is_pinned
FROM clusterAllReplicas({{ cluster }}, system.settings)
WHERE is_pinned OR (
    {% include "queries/changes_results.sql" %}

    AND alias_for = '' AND name != 'enable_positional_arguments'
    AND (name, value) GLOBAL NOT IN (SELECT name, value FROM system.settings)
)
ORDER BY place, name
SETTINGS skip_unavailable_shards = 1
