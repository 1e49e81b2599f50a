{# Of a row of `events`: the drop that its content came from, the drop that brought the event first, the batch that wrote this content ('' where a
later record has only confirmed it), and the line, unless there are too many of them. #}
toString(drop), toString(origin),
if(toString(confirmed_by) = toString(drop) AND (confirmed_line = 0 OR (confirmed_line, confirmed_record) = (line_number, record)), toString(batch), ''),
{% if lines %}line_number, record{% else %}toUInt64(0), toUInt32(0){% endif %}
