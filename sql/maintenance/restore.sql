-- The database of a backup, as `target`, which does not exist yet.
-- run again: refused, as its tables are there
RESTORE DATABASE {{ database }} AS {{ target }} FROM {{ place }}
