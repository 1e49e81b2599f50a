{# Whether an older release (24.10) may have changed a date or a time of a row, as it knows none before 1900 and after 2299. #}
toYear(toDate32('9999-12-31')) < 9999
    AND position(toTypeName(tuple(*)), 'Date') > 0
    AND multiSearchAny(formatRowNoNewline('JSONEachRow', *), ['"2299-12-31', '"1900-01-01'])
