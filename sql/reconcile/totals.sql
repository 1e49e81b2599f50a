{# A lambda: whether a cell names a row of totals. #}
    cell -> match(cell, '(?i)^((grand|sub|overall)[ -]?)?('
        || 'total|totals|totaux|totale|totales|totaal|gesamt|gesamtsumme|summe|insgesamt|razem|'
        || 'итого|всего|合計|合计|总计)( *[-:–—(].*)?$') AS is_total
