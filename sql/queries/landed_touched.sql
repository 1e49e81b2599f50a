-- grain: one landed day of a drop whose row in the ledger was written since {since}
SELECT DISTINCT landed_day FROM drops WHERE updated_at >= {since:DateTime64(3, 'UTC')} ORDER BY landed_day
