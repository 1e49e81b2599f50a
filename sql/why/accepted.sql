-- grain: one drop that brought events of a day first, and how many: known for as long as the ledger is, raw rows or not
SELECT drop, landed_day, accepted
FROM (SELECT drop, accepted FROM drop_days FINAL WHERE event_date = {day:Date} AND accepted > 0) AS a
LEFT JOIN (SELECT drop, landed_day FROM drops FINAL) AS d ON a.drop = d.drop
ORDER BY accepted DESC, drop
