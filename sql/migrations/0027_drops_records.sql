-- grain: as before. `records` are the events that the lines yielded, of whatever verdict; `ignored` the lines that yielded none, by the
-- reasons that the source gives. `replayed` stands for the lines of quarantine that a replay has counted last.
-- table: everywhere
-- Run again: no change.
ALTER TABLE drops
    ADD COLUMN IF NOT EXISTS records UInt64 DEFAULT accepted + duplicates + corrections + quarantined AFTER lines,
    ADD COLUMN IF NOT EXISTS ignored UInt64 AFTER records,
    ADD COLUMN IF NOT EXISTS ignored_reasons Map(String, UInt64) AFTER ignored,
    ADD COLUMN IF NOT EXISTS replayed UInt64 AFTER first_day
