-- grain: one column of a SELECT
DESCRIBE TABLE ({{ select }}
)
