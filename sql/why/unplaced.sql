-- grain: one set of reasons: lines held in quarantine, of drops with events of a day, that have no time that can be read, so that nobody knows their day
SELECT arrayStringConcat(reasons, ' ') AS why_reasons, count() AS why_records
FROM quarantine FINAL
WHERE state = 'held' AND hasAny(reasons, ['not_json', 'not_object', 'too_long', 'missing:event_time', 'invalid:event_time'])
    AND drop IN (SELECT drop FROM drop_days FINAL WHERE event_date = {day:Date})
GROUP BY why_reasons
ORDER BY why_records DESC, why_reasons
LIMIT {limit:UInt64}
