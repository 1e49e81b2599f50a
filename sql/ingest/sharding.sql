, sipHash64(event_id)
