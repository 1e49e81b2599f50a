-- Drop a database, with what it holds
-- run again: no change
DROP DATABASE IF EXISTS {{ database }} SYNC
