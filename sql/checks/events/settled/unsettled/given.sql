INSERT INTO batch_days (batch, event_date) VALUES ('dead', '2026-11-02')
