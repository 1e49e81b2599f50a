-- grain: that of the batch's table, all shards as one: what is inserted goes to the shard that its event id belongs to.
-- run again: never: it is of a table of one run
CREATE TABLE {{ table }} AS {{ local }}.{{ table }}
ENGINE = Distributed({{ cluster }}, {{ local }}, {{ table }}{% if writable %}, sipHash64(event_id){% endif %})
