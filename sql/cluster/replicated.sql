-- grain: one replicated table of a node, and the name that the node has among its replicas
SELECT database, table, replica_name FROM system.replicas WHERE database IN {databases:Array(String)}
