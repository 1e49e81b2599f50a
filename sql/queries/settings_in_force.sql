-- grain: one setting that correctness rests on, as it is in this session
SELECT name, value FROM system.settings WHERE has({names:Array(String)}, name) ORDER BY name
