{# The states of a metric, merged into its value. #}
{{ function }}({{ metric }}) AS {{ metric }}
