{# The current rows of an event day. #}
SELECT * FROM {{ database }}.events FINAL WHERE event_date = {day:Date}
