{# A ratio of merged metrics; null where it would divide by zero. #}
toFloat64({{ above }}) * {{ factor }} / nullIf(toFloat64({{ below }}), 0) AS {{ ratio }}
