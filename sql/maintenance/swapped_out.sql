-- grain: one event day whose swap is not final: rows that were swapped out lie on disk still, and no part in use covers them, so
-- that an older server which is killed now would take them up again when it starts
SELECT DISTINCT toDate(partition) AS event_date
FROM
(
    SELECT old.table AS table, old.partition AS partition, old.name AS name
    FROM (SELECT * FROM system.parts WHERE database = currentDatabase() AND has({tables:Array(String)}, table) AND NOT active AND rows > 0) AS old
    LEFT JOIN (SELECT * FROM system.parts WHERE database = currentDatabase() AND has({tables:Array(String)}, table) AND active) AS new
        ON old.table = new.table AND old.partition = new.partition
    WHERE has({days:Array(Date)}, toDate(old.partition))
    GROUP BY table, partition, name
    HAVING countIf(new.min_block_number <= old.min_block_number AND new.max_block_number >= old.max_block_number) = 0
)
ORDER BY event_date
