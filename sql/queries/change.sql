{# How much a value has changed, as a share of what it was; null where that was nothing. #}
(toFloat64({{ now }}) - toFloat64({{ before }})) / nullIf(abs(toFloat64({{ before }})), 0) AS {{ change }}
