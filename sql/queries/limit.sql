LIMIT {limit:UInt64}
