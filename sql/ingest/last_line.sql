-- grain: the highest number of a line of some drops that were gathered; 0 where there is none
SELECT max(line_number) FROM {{ gathered }} WHERE drop_no IN {drops:Array(UInt32)}
