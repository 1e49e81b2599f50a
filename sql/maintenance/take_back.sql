-- grain: one row of an event day of `events` that one of the drops brought first, gave its content or confirmed
-- run again: no change. An older row of the identity, if one is left, is what stays; the drops that it came from are loaded again
-- Of one partition: no other is read. A table that is not replicated renumbers the parts of other days all the same.
ALTER TABLE events DELETE IN PARTITION {day:String}
WHERE drop IN {drops:Array(String)} OR origin IN {drops:Array(String)} OR confirmed_by IN {drops:Array(String)}
-- a replica that is away gets it when it is back; those that answer are waited for after it
SETTINGS mutations_sync = 1
