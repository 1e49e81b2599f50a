{# The valid records whose identity may stand more than once. #}
SELECT * FROM {{ valid }} WHERE {{ identity_key }} IN (SELECT key FROM {{ repeats }})
