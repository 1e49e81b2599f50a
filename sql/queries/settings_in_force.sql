-- grain: one setting that correctness rests on, as it is in this session
SELECT '' AS node, name, value, true AS is_pinned FROM system.settings WHERE has({names:Array(String)}, name) ORDER BY name
