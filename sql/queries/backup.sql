-- grain: one backup that this server has made since it started, by its id
-- run again: no change
SELECT toString(status) AS status, error, total_size FROM system.backups WHERE id = {id:String}
