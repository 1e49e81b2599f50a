-- _months_by_name(value): a text that begins with a date such as `Nov 25, 2026` or `25 November 2026`, with the date as `2026-Nov-25`; a colon
--   behind the date, as logs of web servers have it, is a space
-- example: _months_by_name('November 25, 2026 13:05') → 2026-Nov-25 13:05
-- example: _months_by_name('25-Nov-2026') → 2026-Nov-25
-- example: _months_by_name('25/Nov/2026:13:05:06 +0100') → 2026-Nov-25 13:05:06 +0100
SELECT
(
    value -> replaceRegexpOne(
        replaceRegexpOne(
            replaceRegexpOne(value, '^\\s*(?:[A-Za-z]{3,9}, )?([A-Za-z]{3})[a-z]{0,6}[.]? ([0-9]{1,2}),? ([0-9]{4})', '\\3-\\1-\\2'),
            '^\\s*(?:[A-Za-z]{3,9}, )?([0-9]{1,2})[./ -]+([A-Za-z]{3})[a-z]{0,6}[.,]?[/ -]([0-9]{4})', '\\3-\\2-\\1'),
        '^([0-9]{4}-[A-Za-z]{3}-[0-9]{1,2}):', '\\1 ')
) AS _months_by_name
