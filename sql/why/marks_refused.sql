{# Of a line in quarantine: its reasons, its drop, its line. #}
refused_because, drop, line_number
