-- Carries days that can no longer be recomputed into a rollup's new table.
INSERT INTO {{ target }} ({{ columns }}) SELECT {{ columns }} FROM {{ source }} WHERE event_date < {before:Date}
