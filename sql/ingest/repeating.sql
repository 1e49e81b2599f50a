{# The valid records whose identity may stand more than once. #}
SELECT * FROM {{ valid }} WHERE cityHash64({{ identity }}) IN (SELECT key FROM {{ repeats }})
