-- grain: one column of a Parquet file
DESCRIBE TABLE file({path:String}, 'Parquet')
