-- device_openrtb(value): a kind of device in the contract's words, from OpenRTB's `devicetype` (1 and 4 mobile, 2 desktop, 3 and 7 ctv, 5 tablet)
-- example: device_openrtb('4') → "mobile"
-- example: device_openrtb('"2"') → "desktop"
-- example: device_openrtb('6') → "other"
-- example: device_openrtb('') →
SELECT
(
    value -> arrayMap(
        code -> multiIf(
            code = '', '',
            code IN ('1', '4'), '"mobile"',
            code = '2', '"desktop"',
            code IN ('3', '7'), '"ctv"',
            code = '5', '"tablet"',
            '"other"'),
        [as_text(clean(value))])[1]
) AS device_openrtb
