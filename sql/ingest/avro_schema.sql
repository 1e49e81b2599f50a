-- grain: one column of an Avro file of which there is the head and no rows (in hexadecimal digits)
DESCRIBE TABLE format('Avro', unhex({head:String}))
