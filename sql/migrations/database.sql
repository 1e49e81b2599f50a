-- The database that holds all tables. Run again: no change.
CREATE DATABASE IF NOT EXISTS {{ database }} {{ on_cluster }}
