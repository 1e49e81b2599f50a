-- grain: one row
-- source: how many threads a statement of this connection may use (`own`), and half of them, rounded up (`half`); `own` again if this user
--   may not set so few
SELECT
    toUInt64(getSetting('max_threads')) AS own,
    if(
        (SELECT readonly = 0 AND intDiv(own + 1, 2) >= toUInt64OrZero(COALESCE(min, '')) FROM system.settings WHERE name = 'max_threads'),
        intDiv(own + 1, 2),
        own) AS half
