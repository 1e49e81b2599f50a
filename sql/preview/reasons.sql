-- grain: one reason: how many lines of a drop are refused for it, those with other reasons too
-- source: the lines staged
SELECT reason, count() AS lines
FROM {{ staging }}
ARRAY JOIN reasons AS reason
GROUP BY reason
ORDER BY lines DESC, reason
