-- grain: one line of a drop
-- source: drops under events/ or directly in the landing store, in the form of the event contract: a key of the line is a field of the event
-- run again: the same rows; this SELECT only names things, the contract judges them
SELECT *, fields AS event
FROM lines
