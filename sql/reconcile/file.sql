{# A local file as a table: read in place, or sent along with the statement under the name `attached`. #}
{% if in_place %}file({attached_path:String}, {attached_format:String}, {attached_structure:String}){% else %}attached{% endif %}
