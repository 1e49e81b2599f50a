{# The name of a value of a dimension; empty if it has none. #}
transform(
    ifNull(toString({{ dimension }}), ''),
    (SELECT argMax(keys, revision) FROM lookups WHERE dimension = {named_{{ place }}:String}),
    (SELECT argMax(names, revision) FROM lookups WHERE dimension = {named_{{ place }}:String}),
    ''
) AS {{ column }}
