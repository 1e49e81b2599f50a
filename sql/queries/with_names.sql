-- grain: that of the SELECT, some of its columns followed by the name of their value; a value without a name has an empty one
-- source: the SELECT of a rollup, whose order stays; `lookups`
-- run again: the same rows
SELECT {{ columns }} FROM ({{ select }})
