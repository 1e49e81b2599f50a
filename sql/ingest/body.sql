{# The format of the bytes that are sent along with an insert. #}
FORMAT {% if ndjson %}LineAsString{% elif csv %}CSV{% elif avro %}Avro{% else %}ArrowStream{% endif %}
