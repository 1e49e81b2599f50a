ALTER TABLE events REMOVE TTL;
INSERT INTO events (event_id, event_date) VALUES ('e1', '2020-01-01')
