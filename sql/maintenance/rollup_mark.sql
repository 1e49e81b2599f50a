-- Gives a rollup's table or view, as an earlier release made it, the comment that says of which SELECT it is
-- run again: no change
ALTER TABLE {{ table }} {{ on_cluster }} MODIFY COMMENT 'rollup {{ checksum }}'
