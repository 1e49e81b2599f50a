-- Parts of this table are on disk when the statement that made them has ended
-- run again: no change
ALTER TABLE {{ table }} {{ on_cluster }} MODIFY SETTING {{ synced }}
