-- grain: as before. `noted_at` is by the engine's clock.
-- table: everywhere
-- Not ON CLUSTER: all nodes replicate this one table. Run again: no change.
ALTER TABLE batch_days MODIFY COLUMN noted_at DateTime64(3, 'UTC') DEFAULT now64(3)
