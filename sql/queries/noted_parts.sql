-- grain: one table, event day and shard: the parts that it was made of when the day was last settled
SELECT name, event_date, shard, blocks, mutation, rows AS physical_rows FROM day_parts FINAL WHERE has({tables:Array(String)}, name)
