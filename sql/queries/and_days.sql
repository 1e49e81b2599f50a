AND event_date BETWEEN {first:Date} AND {last:Date}
