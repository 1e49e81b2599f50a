{# Held records that people choose: by id, drop or reason; an empty parameter chooses all. #}
WHERE state = 'held'
    AND (empty({ids:Array(String)}) OR has({ids:Array(String)}, lower(hex(if(record = 0, sipHash64(drop, line_number), sipHash64(drop, line_number, record))))))
    AND (empty({drops:Array(String)}) OR has({drops:Array(String)}, drop))
    AND ({reason:String} = '' OR has(reasons, {reason:String}))
