{# Where a backup is: a folder of the server, below its setting `backups.allowed_path`. #}
File({path:String})
