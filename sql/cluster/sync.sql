-- Waits until a node's table has what its other replicas have.
-- run again: no change
SYSTEM SYNC REPLICA {{ database }}.{{ table }}
