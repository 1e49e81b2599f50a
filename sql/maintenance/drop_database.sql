-- Drop a database, with what it holds. Run again: no change.
DROP DATABASE IF EXISTS {{ database }} SYNC
