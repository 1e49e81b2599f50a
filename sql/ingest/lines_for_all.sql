-- grain: one line of one drop, as its `lines` yield it
-- A body or an object is read as one stream, in order, and one thread alone would judge all lines of a stream: a parallel join hands
-- them on to all threads.
SELECT {drop_no:UInt32} AS drop_no, l.line_number AS line_number, l.line AS line
FROM ({{ lines }}) AS l
INNER JOIN (SELECT {drop_no:UInt32} AS drop_no) AS d ON l.drop_no = d.drop_no
SETTINGS join_algorithm = 'parallel_hash'
