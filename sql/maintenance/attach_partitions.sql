-- Adds the parts of some days of another table of the same shape; no view fires
-- run again: on a replacing table, rows of the same version count once
ALTER TABLE {{ target }}
{% for partition in partitions %}
    ATTACH PARTITION ID '{{ partition }}' FROM {{ source }}{% if not loop.last %},{% endif %}

{% endfor %}
