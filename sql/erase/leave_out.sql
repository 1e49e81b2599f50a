-- Takes the lines of erased people out of a table of the batch's records, of one shard; {{ drop_column }} says there in which drop a record stands.
-- run again: no change
ALTER TABLE {{ table }} DELETE WHERE ({{ drop_column }}, line_number) IN
(
    SELECT b.{{ drop_column }}, e.line_number FROM {{ erased }} AS e INNER JOIN {{ batch }} AS b ON e.drop_no = b.drop_no
)
