-- grain: one column of a Parquet or an Avro file
{% if avro %}
DESCRIBE TABLE file({path:String}, 'Avro')
{% else %}
DESCRIBE TABLE file({path:String}, 'Parquet')
{% endif %}
