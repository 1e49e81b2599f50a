{# The expression that tells the shard of a row. #}
, sipHash64(event_id)
