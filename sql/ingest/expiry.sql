{# The TTL of a table whose parts may be attached to `events`, alike: a part without a mark of its own time would never expire there. Lines that
   wait in the day 1970-01-01 (see stage_plain) stay. #}
{% if ttl_days %}
TTL toDate(if(event_date = toDate(0), 65535, least(toUInt32(event_date) + {{ ttl_days }}, 65535)))
{% endif %}
