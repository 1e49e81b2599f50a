{{ function }}({{ metric }}) AS {{ metric }}
