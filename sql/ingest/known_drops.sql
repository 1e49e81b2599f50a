-- grain: one drop of the batch that the ledger had before
SELECT drop FROM {{ batch }} WHERE known
