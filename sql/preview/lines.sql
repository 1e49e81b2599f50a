-- grain: one of the first lines of a drop that are not empty, as the reader yields it, before any source
-- source: the drop's lines (part `lines`), in a database of its own
SELECT line_number, line
FROM ({{ lines }})
WHERE line_number IN {numbers:Array(UInt64)}
LIMIT {limit:UInt64}
SETTINGS max_threads = 1, {{ reading }}
