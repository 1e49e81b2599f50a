-- grain: one event
-- source: drops under events/ or directly under the root, written to the contract
-- run again: an event is told by its day and id, so lines loaded again are duplicates
SELECT drop_no, line_number, line, fields AS event FROM lines
