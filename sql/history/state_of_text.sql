{# A metric of a statement, of the type that the rollup has it in. #}
CAST({% if nullable %}nullIf(states[{{ place }}], ''){% else %}states[{{ place }}]{% endif %} AS {{ kind }}) AS {{ metric }}
