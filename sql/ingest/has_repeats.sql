-- grain: one row: how many keys the careful path has to look at; with none, the batch does not need it
SELECT count() FROM {{ repeats }}
