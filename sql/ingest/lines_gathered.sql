-- grain: one line of some of the small drops that were gathered
SELECT drop_no, line_number, line
FROM {{ gathered }}
WHERE drop_no IN {drops:Array(UInt32)}
