{# A metric of several rows as a text from which `state_of_text` makes it again. #}
ifNull(CAST({{ function }}({{ metric }}) AS String), '')
