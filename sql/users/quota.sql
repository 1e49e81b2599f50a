-- How much a reader may ask for in an hour.
-- run again: the quota is what stands here
CREATE QUOTA OR REPLACE {{ role }} {{ on_cluster }} KEYED BY user_name
FOR INTERVAL 1 hour MAX queries = 20000, execution_time = 7200
TO {{ role }}
