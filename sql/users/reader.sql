-- A rollup, its report, and what says whether it is set apart; on a cluster a shard asks for the right on its own part too.
GRANT {{ on_cluster }}
    SELECT ON {{ database }}.state,
    SELECT ON {{ database }}.{{ table }},
    SELECT ON {{ local }}.{{ table }},
    SELECT ON {{ database }}.{{ report }}
TO {{ role }}
