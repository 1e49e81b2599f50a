-- plain_keys(value): the fields of a line by their names in lower case, letters and digits alone: `Campaign ID`, `campaign_id` and `campaign.id` are
--   campaignid. For exports that write the same column in several ways
-- example: plain_keys(map('Campaign ID', '"7"', '{created_at}', '1', 'Clicks (all)', '2')) → {'campaignid':'"7"','createdat':'1','clicksall':'2'}
SELECT
(
    value -> mapApply((key, given) -> (replaceRegexpAll(lower(key), '[^a-z0-9]', ''), given), value)
) AS plain_keys
