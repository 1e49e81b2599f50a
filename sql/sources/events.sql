SELECT drop_no, line_number, line, fields AS event FROM lines
