#!/bin/sh
# Start the object storage: S3 on port 8333 with one identity; all else of it answers inside of this container only.
set -eu
secret() { [ -s "/run/secrets/$1" ] || { echo "the secret $1 is missing: run \`make up\`, or write it into the folder of secrets" >&2; exit 1; }; tr -d '\n' <"/run/secrets/$1"; }
umask 077
cat >/tmp/s3.json <<END
{"identities": [{"name": "ads", "credentials": [{"accessKey": "$(secret s3_access_key)", "secretKey": "$(secret s3_secret_key)"}],
  "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
END
(
  until echo "s3.bucket.list" | weed -logtostderr shell -master=127.0.0.1:9333 >/dev/null 2>&1; do sleep 1; done
  for bucket in ${OBJECTS_BUCKETS:-drops backups}; do
    until echo "s3.bucket.list" | weed -logtostderr shell -master=127.0.0.1:9333 2>/dev/null | grep -qw "$bucket"; do
      echo "s3.bucket.create -name $bucket" | weed -logtostderr shell -master=127.0.0.1:9333 >/dev/null 2>&1 || sleep 1
    done
  done
  touch /tmp/ready
) &
# Volumes are files that objects are written into; each collection (a bucket, or what is in none) has its own. Small ones, made one at a
# time: by default the first collection takes seven of 1 GiB, which on a small disk is all of it, and no drop could be written.
export WEED_MASTER_VOLUME_GROWTH_COPY_1=1
# its log tells every call of a client: errors are what is kept of it
mkfifo /tmp/log
grep --line-buffered '^[EF]' </tmp/log >&2 &
exec weed -logtostderr server -dir=/data -ip=127.0.0.1 -ip.bind=127.0.0.1 -s3 -s3.ip.bind=0.0.0.0 -s3.port=8333 -s3.config=/tmp/s3.json \
  -master.volumeSizeLimitMB=256 -volume.max=0 -volume.minFreeSpace=1GiB -master.telemetry=false >/tmp/log 2>&1
