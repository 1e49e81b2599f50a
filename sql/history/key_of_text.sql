{# A dimension of a statement, of the type that the rollup has it in. #}
CAST(keys[{{ place }}] AS {{ kind }}) AS {{ column }}
