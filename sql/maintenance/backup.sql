-- A copy of the database, made by the server itself where `place` says: a folder of its own, or a bucket by a named collection.
-- run again: refused, as the name is taken
BACKUP DATABASE {{ database }} TO {{ place }}
