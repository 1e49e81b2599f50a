-- grain: one claim, its state as of now by the engine's clock; it replaces its earlier ones
INSERT INTO leases
SELECT {generation:UInt64}, {holder:String}, {host:String}, {machine:String}, {pid:UInt32}, {started:UInt64}, {state:String}, now64(6)
