-- grain: one rollup of which days are closed: the last one, and a revision that changes with each statement
-- source: `statements`
SELECT name, max(last) AS closed_to, max(revision) AS version FROM statements GROUP BY name
