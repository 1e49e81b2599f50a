-- grain: one line of the small drops that were gathered, those left out that could not be read to their end
SELECT drop_no, line_number, line
FROM {{ gathered }}
WHERE drop_no NOT IN {refused:Array(UInt32)}
