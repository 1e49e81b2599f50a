-- Two tables trade names, at once.
-- run again: never: what is in place is looked at first (`Standing`)
EXCHANGE TABLES {{ one }} AND {{ other }} {{ on_cluster }}
