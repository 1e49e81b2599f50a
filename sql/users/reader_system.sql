-- What a connection for reading looks at. A user sees only what it has a right to there.
GRANT {{ on_cluster }} SELECT ON system.clusters, SELECT ON system.databases, SELECT ON system.one, SELECT ON system.parts,
    SELECT ON system.settings, SELECT ON system.tables, REMOTE ON *.*
TO {{ role }}
