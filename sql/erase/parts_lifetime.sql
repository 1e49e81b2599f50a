-- How long parts that are not used any more lie on disk: not at all, while people are erased
-- run again: no change
ALTER TABLE {{ table }} {{ on_cluster }} {% if at_once %}MODIFY SETTING old_parts_lifetime = 0{% else %}RESET SETTING old_parts_lifetime{% endif %}
