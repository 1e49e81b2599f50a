-- Waits until a node's table has what its other replicas have.
SYSTEM SYNC REPLICA {{ database }}.{{ table }}
