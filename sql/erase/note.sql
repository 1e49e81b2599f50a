-- grain: one person who is to be erased, by the hash of the user id, in hexadecimal digits
-- source: `--user-id` and `--file`
-- run again: a person's row replaces itself
INSERT INTO erased (person, in_text, erasure, revision)
SELECT toFixedString(unhex(hash), 32), has({in_text:Array(String)}, hash), {erasure:String}, {revision:UInt64}
FROM (SELECT arrayJoin({hashes:Array(String)}) AS hash)
