-- grain: one reason: how many records of a drop are refused for it, those with other reasons too
-- source: the records staged
SELECT reason, count() AS records
FROM {{ aside }}
ARRAY JOIN reasons AS reason
WHERE reasons != ['ignored']
GROUP BY reason
ORDER BY records DESC, reason
