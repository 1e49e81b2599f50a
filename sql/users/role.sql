-- A role, for users that an administrator makes. Run again: no change.
CREATE ROLE IF NOT EXISTS {{ role }} {{ on_cluster }}
