{# Who was erased: by their user id, and those whose id is looked for in text too. #}
SELECT person, arrayJoin(if(in_text, [false, true], [false])) AS in_text FROM {{ database }}.erased
