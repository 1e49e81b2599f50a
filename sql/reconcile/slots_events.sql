{# Events of some days; `event_date` stands for quarters of an hour since {start}. #}
SELECT * REPLACE (toDate(toUInt16(intDiv(toUnixTimestamp(event_time) - toUnixTimestamp({start:DateTime('UTC')}), 900))) AS event_date)
FROM (SELECT * FROM events_current WHERE event_date BETWEEN {first_raw:Date} AND {last_raw:Date})
WHERE event_time >= {start:DateTime('UTC')} AND event_time < {start:DateTime('UTC')} + 900 * 65000
