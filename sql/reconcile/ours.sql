{# The rollup by day and the keys of a file; doubtful days are left out. #}
SELECT
    event_date,
    CAST([{% for key in keys %}toString({{ key }}){% if not loop.last %}, {% endif %}{% endfor %}], 'Array(String)') AS keys,
    [{% for metric in metrics %}toDecimal128({{ metric }}, 12){% if not loop.last %}, {% endif %}{% endfor %}] AS ours
FROM ({{ select }})
