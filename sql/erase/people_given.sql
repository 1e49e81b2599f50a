{# People who are not on the list: the same, by their hashes in hexadecimal digits. #}
SELECT toFixedString(unhex(hash), 32) AS person, arrayJoin(if(has({in_text:Array(String)}, hash), [false, true], [false])) AS in_text
FROM (SELECT arrayJoin({hashes:Array(String)}) AS hash)
