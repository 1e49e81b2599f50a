{# Lambdas: what is no amount, and an amount without currency and spaces, brackets as a minus. #}
    cell -> has({nothing:Array(String)}, lower(cell)) OR match(cell, '^[-–—.]*$') AS is_nothing,
    cell -> replaceRegexpAll(
        replaceRegexpAll(cell, '[\\p{Sc}\\s\\x{00A0}\\x{2007}\\x{2009}\\x{202F}''’_]|^[+]', ''), '^([-−(]?)[A-Z]{2,3}|[A-Z]{3}$', '\\1') AS without_currency,
    cell -> replaceRegexpOne(replaceRegexpOne(without_currency(cell), '^[(](.*)[)]$', '-\\1'), '^−', '-') AS number_of
