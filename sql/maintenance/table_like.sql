-- An empty table of the same shape, in place of any left by a run that died.
CREATE OR REPLACE TABLE {{ table }} AS {{ model }}
