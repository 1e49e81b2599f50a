-- The tables of the server about itself that the pipeline looks at.
GRANT {{ on_cluster }}
    SELECT ON system.clusters, SELECT ON system.columns, SELECT ON system.databases, SELECT ON system.merge_tree_settings,
    SELECT ON system.one, SELECT ON system.parts,
    SELECT ON system.processes, SELECT ON system.replicas, SELECT ON system.replication_queue, SELECT ON system.settings,
    SELECT ON system.tables
TO {{ role }}
