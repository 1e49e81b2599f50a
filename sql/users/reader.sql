-- What `ads query` and the service's reads need: each rollup and its report, and names for ids; on a cluster a shard asks for the
-- right on its own part too.
-- A report asks which days it leaves out and what was stated of closed ones, with the reader's own rights: the notes name batches
-- and days, and nothing of events; of the history of days only what statements are made of.
-- Of system tables, a user sees only what it has a right to. (24.10 also lists names of tables that begin like one of these: no rows.)
-- run again: no change; a right that was granted before stays
GRANT {{ on_cluster }}
    SELECT ON system.clusters, SELECT ON system.databases, SELECT ON system.one, SELECT ON system.parts, SELECT ON system.settings,
    SELECT ON system.tables,
    {% for table, report, stated in rollups %}
    SELECT ON {{ database }}.{{ table }},
    SELECT ON {{ local }}.{{ table }},
    SELECT ON {{ database }}.{{ report }},
    SELECT ON {{ database }}.{{ stated }},
    {% endfor %}
    SELECT ON {{ database }}.doubtful_days,
    SELECT ON {{ database }}.lookups,
    SELECT ON {{ database }}.lookup_names,
    SELECT(batch, event_date, settled, noted_at) ON {{ database }}.batch_days,
    SELECT(name, batch, first, last, revision) ON {{ database }}.statements,
    SELECT(name, event_date, keys, batch, states, shape) ON {{ database }}.day_totals,
    REMOTE ON *.*
TO {{ role }}
