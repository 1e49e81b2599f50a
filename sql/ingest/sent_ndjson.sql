-- grain: one line of a drop that is sent as the body of the insert
SELECT {drop_no:UInt32} AS drop_no, rowNumberInAllBlocks() + 1 AS line_number, line
FROM input('line String')
