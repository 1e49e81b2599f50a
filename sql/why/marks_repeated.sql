{# Of a record that repeats an event: its drop, its line, its place among the records of the line. #}
why_drop, why_line, why_number
