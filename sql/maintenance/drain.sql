-- grain: none
-- chDB puts what a failed statement had written before the next answer: that of this one is thrown away.
SELECT 1
