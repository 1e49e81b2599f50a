-- grain: one row: how many events of a cell were corrected, how often, and what the contents before and after add up to
-- source: the contents that events have had (part `changes`)
SELECT
    {% for amount in amounts %}
    sum({{ amount }}) AS {{ amount }},
    {% endfor %}
    count() AS why_corrections, uniqExact((why_event_id, why_event_type)) AS why_events
FROM ({{ changes }})
