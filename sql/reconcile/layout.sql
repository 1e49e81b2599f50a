-- grain: one row: how a file writes its days (day or month first) and its amounts (point or comma before the decimals)
-- source: the cells (part `cells`); {keys}: how many cells after the first, the day, are keys; {whole}: which amounts are of whole numbers
-- `three_decimals`: an amount that could be either, such as 1.234
-- `weak_*`: a point or comma before three digits in a column of whole numbers, which separates thousands unless other cells say otherwise
WITH
'^-?[0-9]{1,3}([.][0-9]{3})+,[0-9]+$|^-?[0-9]+,([0-9]{1,2}|[0-9]{4,})$|^-?[0-9]{1,3}([.][0-9]{3}){2,}$|^-?0?,[0-9]+$' AS comma,
'^-?[0-9]{1,3}(,[0-9]{2,3})+[.][0-9]+$|^-?[0-9]+[.]([0-9]{1,2}|[0-9]{4,})$|^-?[0-9]{1,3}(,[0-9]{2,3}){2,}$|^-?0?[.][0-9]+$' AS point,
'^-?[1-9][0-9]{0,2}[.][0-9]{3}$' AS three,
read AS ({{ cells }}),
written AS
(
    WITH
    {% include "reconcile/numbers.sql" %}

    SELECT
        line,
        extractGroups(cells[1], '^([0-9]{1,2})[-/]([0-9]{1,2})[-/](?:[0-9]{4}|[0-9]{2})(?:,?[T ].*)?$') AS short,
        arrayMap(cell -> number_of(cell), arraySlice(cells, 2 + {keys:UInt32})) AS numbers
    FROM read
)
SELECT
    countIf(notEmpty(short)) AS short_days,
    countIf(toUInt8OrZero(short[1]) > 12) AS day_first,
    countIf(toUInt8OrZero(short[2]) > 12) AS month_first,
    anyIf(concat(short[1], '/', short[2]), notEmpty(short)) AS short_day,
    countIf(arrayExists(number -> match(number, comma), numbers)) AS decimal_comma,
    countIf(arrayExists(number -> match(number, point), numbers)) AS decimal_point,
    countIf(arrayExists((number, is_whole) -> is_whole AND match(number, three), numbers, {whole:Array(Bool)})) AS weak_comma,
    anyIf(arrayFirst(number -> match(number, three), numbers), arrayExists(number -> match(number, three), numbers)) AS three_decimals,
    minIf(line, arrayExists(number -> match(number, comma), numbers)) AS comma_line,
    minIf(line, arrayExists(number -> match(number, point), numbers)) AS point_line
FROM written
