{# The states of a metric in one of two periods, merged into its value. #}
{{ function }}(rollup.{{ metric }}, {% if before %}NOT {% endif %}rollup.is_now) AS {{ value }}
