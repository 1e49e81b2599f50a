-- grain: one line of some of the drops that were gathered
SELECT drop_no, line_number, line
FROM {{ gathered }}
WHERE drop_no IN {drops:Array(UInt32)} AND line_number BETWEEN {first:UInt64} AND {last:UInt64}
