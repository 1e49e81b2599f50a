WHERE event_date NOT IN (SELECT event_date FROM doubtful_days)
