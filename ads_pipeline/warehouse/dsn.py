"""The DSN of a server: `clickhouse://user:password@host:8123,host2:8123/database?option=…`."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from ads_pipeline.errors import SettingsError

OPTIONS = (
    "ca_cert", "client_cert", "client_cert_key", "compress", "connect_timeout", "http_proxy", "https_proxy", "proxy_path", "secure",
    "send_receive_timeout", "server_host_name", "tls_mode", "verify",
)  # fmt: skip
"""What may follow the `?` of a DSN: options of clickhouse-connect."""

TLS_PORTS = (443, 8443)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server answers, and the user to log in as; `options` go to the driver unchanged."""

    host: str
    port: int
    secure: bool
    user: str = "default"
    password: str = field(default="", repr=False)
    options: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


def parse_dsn(dsn: str) -> list[Address]:
    """The servers that a DSN names, in its order.

    Raises:
        SettingsError: an invalid port or an unknown option.
    """
    parts = urlsplit(dsn)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    options = dict(parse_qsl(parts.query))
    if unknown := sorted(options.keys() - set(OPTIONS)):
        raise SettingsError(f"unknown option {unknown[0]!r} in ADS_CLICKHOUSE_DSN; supported: {', '.join(OPTIONS)}")
    secure = parts.scheme in ("https", "clickhouses") or options.pop("secure", "").lower() in ("1", "true", "yes")
    return [_address(host, secure, unquote(user) or "default", unquote(password), options) for host in (hosts or "localhost").split(",")]


def _address(text: str, secure: bool, user: str, password: str, options: dict[str, str]) -> Address:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or "localhost", parts.port
    except ValueError:
        raise SettingsError("invalid port in ADS_CLICKHOUSE_DSN; write host:8123") from None
    secure = secure or port in TLS_PORTS
    return Address(host, port or (8443 if secure else 8123), secure, user, password, options)
