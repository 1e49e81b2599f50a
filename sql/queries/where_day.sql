WHERE event_date = {day:Date}
