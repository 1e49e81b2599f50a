-- grain: one event day, key and set of reasons: how many lines quarantine holds
-- source: the lines of one source, read as far as they can be (part `refused_events`)
SELECT
    refused_day AS event_date,
    CAST([{% for key in keys %}toString({{ key }}){% if not loop.last %}, {% endif %}{% endfor %}], 'Array(String)') AS keys,
    refused_because AS because,
    count() AS lines
FROM ({{ events }})
GROUP BY event_date, keys, because
ORDER BY event_date, keys, because
