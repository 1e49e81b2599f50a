{# A state of a sum of decimals, as one of other decimals: its value, added up from nothing. A sum of any decimals is held in 128 bits. #}
CAST(CAST(arrayReduce('sumState', [CAST(finalizeAggregation({{ metric }}) AS Decimal(38, {{ decimals }}))]) AS String) AS {{ kind }})
