INSERT INTO events (event_id, event_date) SELECT toString(number % 500), toDate('2026-11-01') + intDiv(number, 500) FROM numbers(1000)
