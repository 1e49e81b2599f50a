-- A table of the shards as one, for all to read
-- run again: its columns are those of the shards' table now
CREATE OR REPLACE TABLE {{ table }} {{ on_cluster }} AS {{ local }}.{{ table }}
ENGINE = Distributed({{ cluster }}, {{ local }}, {{ table }})
