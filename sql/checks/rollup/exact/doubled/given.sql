INSERT INTO campaign_daily SELECT * FROM campaign_daily WHERE event_date = '2026-11-01'
