-- hash_id(value): an id made of everything in a value, for exports without one: the same value has the same id. Give it `fields`, or a tuple
-- example: hash_id(tuple(fields['shop'], fields['order'])) → "f8dad0e58ace78283bff731c27b1f352"
SELECT
(
    value -> toJSONString(lower(hex(sipHash128(toString(value)))))
) AS hash_id
