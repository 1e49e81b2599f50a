-- grain: one current event, with the drop and the line that its content came from
-- source: `events FINAL` of an example's database
SELECT {{ columns }} FROM events FINAL
