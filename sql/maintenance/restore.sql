-- The database of a backup, as `name`, which does not exist yet.
-- run again: refused, as its tables are there
RESTORE DATABASE {{ database }} AS {{ name }} FROM {{ place }}
