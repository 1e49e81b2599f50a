-- A batch's table of the shards as one: what is inserted goes to the shard that its event id belongs to.
CREATE TABLE {{ table }} AS {{ local }}.{{ table }}
ENGINE = Distributed({{ cluster }}, {{ local }}, {{ table }}{% if writable %}, sipHash64(event_id){% endif %})
