{# Events of some days; `event_date` stands for the day, counted from {base}, and five bits: by how many of some numbers of hours its drop came
after the day (0 to 7), whether it was received again, whether it was corrected. #}
SELECT * REPLACE (toDate(toUInt16(32 * toUInt16(event_date - {base:Date}) + late + 8 * is_repeated + 16 * is_corrected)) AS event_date)
FROM
(
    SELECT
        e.*,
        arrayCount(
            hours -> o.landed_at > toDateTime(e.event_date + 1, {timezone:String}) + toIntervalHour(hours),
            {hours:Array(UInt16)}) AS late,
        e.confirmed_by != e.drop OR (e.confirmed_line != 0 AND (e.confirmed_line, e.confirmed_record) != (e.line_number, e.record)) AS is_repeated,
        e.origin != e.drop AS is_corrected
    FROM (SELECT * FROM {{ database }}.events FINAL WHERE event_date IN {days:Array(Date)}) AS e
    LEFT JOIN (SELECT drop AS origin, landed_at FROM drops FINAL) AS o ON e.origin = o.origin
)
