toFloat64({{ above }}) * {{ factor }} / nullIf(toFloat64({{ below }}), 0) AS {{ ratio }}
