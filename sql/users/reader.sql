-- A rollup and its report; on a cluster a shard asks for the right on its own part too.
GRANT {{ on_cluster }}
    SELECT ON {{ database }}.{{ table }},
    SELECT ON {{ local }}.{{ table }},
    SELECT ON {{ database }}.{{ report }}
TO {{ role }}
