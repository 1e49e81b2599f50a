-- A role, for users that an administrator makes.
-- run again: no change
CREATE ROLE IF NOT EXISTS {{ role }} {{ on_cluster }}
