-- grain: one event of some event days that a batch adds, none of which `events` holds yet, each identity once
-- source: the valid records whose identity stands nowhere else, and what classifying made of the others (publish_resolved)
SELECT * FROM {{ valid }} WHERE event_date IN {days:Array(Date)} AND {{ fence }}
{% if repeated %}
    AND {{ identity_key }} NOT IN (SELECT key FROM {{ repeats }})
UNION ALL
SELECT * FROM {{ replaced }} WHERE event_date IN {days:Array(Date)}
{% endif %}
