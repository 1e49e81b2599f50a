#!/bin/sh
# Start ClickHouse with one user, whose password is a secret's; run at each start, so a new password takes a restart.
set -eu
secret() { [ -s "/run/secrets/$1" ] || { echo "the secret $1 is missing: run \`make up\`, or write it into the folder of secrets" >&2; exit 1; }; cat "/run/secrets/$1"; }
password=$(secret clickhouse_password | tr -d '\n')
hash=$(printf %s "$password" | sha256sum | cut -d' ' -f1)
cat >/etc/clickhouse-server/users.d/ads.xml <<END
<clickhouse><users>
    <default remove="remove"/>
    <ads>
        <password_sha256_hex>$hash</password_sha256_hex>
        <networks><ip>::/0</ip></networks>
        <profile>default</profile>
        <quota>default</quota>
        <access_management>1</access_management>
        <named_collection_control>1</named_collection_control>
    </ads>
</users></clickhouse>
END
# the server's configuration takes these: the process has them, and the container's definition does not
AWS_ACCESS_KEY_ID=$(secret s3_access_key | tr -d '\n')
AWS_SECRET_ACCESS_KEY=$(secret s3_secret_key | tr -d '\n')
CLICKHOUSE_LOG_TTL="event_date + INTERVAL ${CLICKHOUSE_LOG_DAYS:-7} DAY DELETE"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY CLICKHOUSE_LOG_TTL CLICKHOUSE_WATCHDOG_ENABLE=0
cd /var/lib/clickhouse
exec clickhouse-server --config-file=/etc/clickhouse-server/config.xml
