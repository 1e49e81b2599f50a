#!/bin/sh
# Write nginx's configuration from its template, the settings and the secrets, and start it. TLS is on when there is a certificate.
set -eu
[ -s /run/secrets/ui_password ] || { echo "the secret ui_password is missing: run \`make up\`, or write it into the folder of secrets" >&2; exit 1; }
umask 077
printf '%s:{PLAIN}%s\n' "${UI_USER:-ads}" "$(tr -d '\n' </run/secrets/ui_password)" >/tmp/htpasswd
: "${ADS_API_MAX_BODY:=16M}" "${NGINX_CONNECTIONS:=64}"
tls='' ssl=''
if [ -s /etc/ads/tls/tls.crt ] && [ -s /etc/ads/tls/tls.key ]; then
  tls='ssl_certificate /etc/ads/tls/tls.crt; ssl_certificate_key /etc/ads/tls/tls.key;' ssl=' ssl'
fi
resolver=$(sed -n 's/^nameserver[[:space:]]*//p' /etc/resolv.conf | head -1)
export ADS_API_MAX_BODY NGINX_CONNECTIONS
sed -e "s|@MAX_BODY@|$ADS_API_MAX_BODY|g" -e "s|@CONNECTIONS@|$NGINX_CONNECTIONS|g" -e "s|@TLS@|$tls|g" -e "s|@SSL@|$ssl|g" \
  -e "s|@RESOLVER@|$resolver|g" /etc/ads/nginx.conf >/tmp/nginx.conf
exec nginx -c /tmp/nginx.conf -g 'daemon off;'
