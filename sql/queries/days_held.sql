-- grain: one event day that a scratch table has rows of
SELECT DISTINCT event_date FROM {{ table }}
