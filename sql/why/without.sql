-- grain: one row: of each metric, what the records make without those of each drop that is named, and (first) without those of all others
-- source: the cell's records (part `records`)
SELECT
    {% for function, metric in metrics %}
    [{% for place in places %}{{ function }}({{ metric }}, indexOf({named:Array(String)}, why_record.1) != {{ place }}){% if not loop.last %}, {% endif %}{% endfor %}] AS {{ metric }}{% if not loop.last %},{% endif %}

    {% endfor %}
FROM ({{ records }})
