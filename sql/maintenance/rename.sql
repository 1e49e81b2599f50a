-- Gives a table its name for good, once it is filled.
RENAME TABLE {{ source }} TO {{ target }} {{ on_cluster }}
