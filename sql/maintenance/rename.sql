-- Gives a table its name for good, once it is filled.
RENAME TABLE {{ table }} TO {{ name }} {{ on_cluster }}
