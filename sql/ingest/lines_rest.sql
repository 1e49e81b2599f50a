-- grain: one line that was put aside, since it is not plain
SELECT drop_no, line_number, line FROM {{ staging }} WHERE chunk = {rest:UInt32} AND record < 2
