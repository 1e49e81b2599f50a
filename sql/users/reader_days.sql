-- Which days reports leave out: a report asks, with the reader's own rights. The notes name batches and days, and nothing of events.
GRANT {{ on_cluster }} SELECT ON {{ database }}.doubtful_days, SELECT(batch, event_date, settled, noted_at) ON {{ database }}.batch_days
TO {{ role }}
