-- grain: one drop to be loaded, as `chosen` has it
INSERT INTO {{ chosen }}
{% include "ingest/chosen.sql" %}
