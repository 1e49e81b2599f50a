FORMAT {% if ndjson %}LineAsString{% elif csv %}CSV{% else %}ArrowStream{% endif %}
