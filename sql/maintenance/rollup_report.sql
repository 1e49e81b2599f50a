-- grain: the rollup's dimensions
-- source: the rollup, its states merged, with the ratios people read (division by zero is null), without the `doubtful_days`
-- run again: the view is made anew
CREATE OR REPLACE VIEW {{ view }} {{ on_cluster }} AS ({{ select }})
COMMENT 'report {{ checksum }}'
