{# A SELECT in place of a table. #}
({{ select }})
