-- Carries a rollup's days into its new table: those that can be recomputed are swapped for that afterwards.
INSERT INTO {{ target }} ({{ columns }}) SELECT {{ columns }} FROM {{ source }}
