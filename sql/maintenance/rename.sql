-- Gives a table its name for good, once it is filled.
-- run again: never: what is in place is looked at first (`Standing`)
RENAME TABLE {{ source }} TO {{ target }} {{ on_cluster }}
