-- grain: how many lines were put aside
SELECT count() FROM {{ staging }} WHERE chunk = {rest:UInt32} AND record < 2
