{# Of a content that a corrected event has had: the event, and the record that the content came from. #}
event_id, toString(event_type), toString(ids), toString(drop), line_number, record
