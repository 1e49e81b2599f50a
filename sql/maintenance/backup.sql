-- A copy of the database in a bucket, made in the server's background; `collection` is a named collection with its URL and credentials.
-- run again: refused, as the name is taken
BACKUP DATABASE {{ database }} {{ on_cluster }} TO S3({{ collection }}, {name:String}) ASYNC
