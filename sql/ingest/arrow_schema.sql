-- grain: one column of an Arrow stream that holds a schema and no rows (in hexadecimal digits)
DESCRIBE TABLE format('ArrowStream', unhex({schema:String}))
