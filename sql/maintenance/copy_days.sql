-- grain: that of the rollup: its days go into its new table, and those that can be recomputed are swapped for that afterwards
-- source: the rollup's table; `values` fit the types of the new one
-- run again: never: the new table is made anew
INSERT INTO {{ target }} ({{ columns }}) SELECT {{ values }} FROM {{ source }}
