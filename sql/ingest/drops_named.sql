-- grain: one drop of those named
SELECT arrayJoin({drops:Array(String)}) AS drop
