-- grain: one row: how many rows of a rollup with the user id name an erased person, on days past retention, which cannot be rebuilt
-- source: the rollup, beside the list of people
WITH {% include "erase/hashing.sql" %}

SELECT count() FROM {{ table }} WHERE event_date < {before:Date} AND (hashed(toString(user_id)), false) IN ({{ people }})
