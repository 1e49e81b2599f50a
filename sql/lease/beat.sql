-- grain: one claim, its state as of now by the engine's clock; it replaces its earlier ones
-- source: the run that claims or holds the lease
-- run again: it replaces itself
INSERT INTO leases
SELECT {generation:UInt64}, {holder:String}, {host:String}, {machine:String}, {pid:UInt32}, {started:UInt64}, {state:String}, now64(6)
