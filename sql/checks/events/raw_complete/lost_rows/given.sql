ALTER TABLE events DELETE WHERE event_id = 'e1'
