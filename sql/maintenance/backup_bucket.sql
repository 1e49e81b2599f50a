{# Where a backup is: a prefix of a bucket; `collection` is a named collection with its URL and credentials. #}
S3({{ collection }}, {name:String})
