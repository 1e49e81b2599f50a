-- grain: that of the SELECT, for people: numbers as numbers, a missing value as nothing
{{ select }}
SETTINGS
    {% if as_array %}
    output_format_json_array_of_rows = 1,
    {% endif %}
    format_csv_null_representation = '', output_format_json_quote_64bit_integers = 0, output_format_json_quote_decimals = 0
