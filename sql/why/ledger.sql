-- grain: one drop that is named: what the ledger says of it
SELECT drop, source, landed_day, toString(status) AS status FROM drops FINAL WHERE drop IN {named:Array(String)}
