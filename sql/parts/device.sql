-- device(value): a kind of device in the contract's words (desktop, mobile, tablet, ctv, other), from those of exports in any case, or from a model
-- example: device('"Mobile phones"') → "mobile"
-- example: device('"iPhone"') → "mobile"
-- example: device('"android_tablet"') → "tablet"
-- example: device('"Connected TV"') → "ctv"
-- example: device('"PC"') → "desktop"
-- example: device('"fridge"') → "other"
-- example: device('"(not set)"') →
SELECT
(
    value -> arrayMap(
        word -> multiIf(
            word = '', '',
            match(word, 'tablet|ipad|kindle|galaxytab'), '"tablet"',
            match(word, 'tv|settop|roku|firestick|firetv|chromecast|console|playstation|xbox'), '"ctv"',
            match(word, 'phone|mobile|ipod|handset|android|pixel|^ios$|^app$'), '"mobile"',
            match(word, 'desktop|computer|laptop|^pc$|windows|mac|^web$|linux|chromeos'), '"desktop"',
            '"other"'),
        [replaceRegexpAll(lower(as_text(clean(value))), '[^a-z0-9]', '')])[1]
) AS device
