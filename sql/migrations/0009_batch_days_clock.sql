-- grain: as before. `noted_at` is by the engine's clock.
-- table: everywhere
-- Run again: no change.
ALTER TABLE batch_days {{ on_cluster }} MODIFY COLUMN noted_at DateTime64(3, 'UTC') DEFAULT now64(3)
