-- Adds one day's parts of another table of the same shape; no view fires
-- run again: on a replacing table, rows of the same version count once
ALTER TABLE {{ target }} ATTACH PARTITION {day:String} FROM {{ source }}
