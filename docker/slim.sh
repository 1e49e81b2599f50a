#!/bin/sh
# Take out of an image's file system what a running service never reads. Run as root, in a build, when all libraries are installed.
set -eu
site=$(/opt/ads/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# libraries' own tests, headers, source maps of the UI
find "$site" -type d \( -name tests -o -name testing -o -name include \) -path '*/site-packages/*' \
  \( -path "$site/numpy/*" -o -path "$site/pandas/*" -o -path "$site/pyarrow/*" -o -path "$site/chdb/*" \) \
  ! -path "$site/numpy/testing*" ! -path "$site/pandas/testing*" -prune -exec rm -rf {} +
find "$site/dagster_webserver" -name '*.map' -delete
# Arrow's RPC, which nothing here calls
rm -f "$site"/pyarrow/libarrow_flight.* "$site"/pyarrow/libarrow_python_flight.* "$site"/pyarrow/_flight.*
# installers, and what the base image keeps for installing more
rm -rf "$site"/pip "$site"/pip-*.dist-info /opt/ads/bin/pip* /root/.cache
for python in /usr/local/lib/python3.* /usr/lib/python3; do
  rm -rf "$python"/site-packages/pip "$python"/site-packages/pip-* "$python"/dist-packages/pip "$python"/dist-packages/pip-* \
    "$python"/ensurepip "$python"/test "$python"/idlelib
done
rm -rf /usr/share/python-wheels /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale /var/lib/apt/lists/* /var/cache/* /var/log/*
