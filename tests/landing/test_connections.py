"""An endpoint that cannot be reached or trusted is one clear error; nothing secret is shown."""

import gc
import shutil
import ssl
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from ads_pipeline.errors import LandingError, SettingsError
from ads_pipeline.landing import open_store
from ads_pipeline.settings import load_settings
from tests.landing.endpoints import BAD, GOOD, TOKEN, Endpoint, always, names


def test_check_asks_for_one_drop(endpoint: Endpoint) -> None:
    store = open_store(load_settings(landing_url=endpoint.url.replace("//", "//me:password@"), landing_token=TOKEN))
    assert store.check() == f"endpoint {endpoint.url}"
    assert [request.path for request in endpoint.asked] == ["/v1/drops?limit=1"]


def test_a_store_that_is_let_go_leaves_no_connection_open(endpoint: Endpoint) -> None:
    endpoint.faults["/drops"] = always(200, {"Connection": "keep-alive"}, b'{"drops": []}')
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert names(endpoint.url) == []
        gc.collect()
    assert warned == []


def test_nobody_there(make_endpoint: Callable[[], Endpoint]) -> None:
    gone = make_endpoint()
    gone.shutdown()
    gone.server_close()
    with pytest.raises(LandingError, match=r"cannot be listed \(.*refused.*\): check ADS_LANDING_URL"):
        open_store(load_settings(landing_url=gone.url)).check()


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        pytest.param("https://host:port/v1"),
    ],
)
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(LandingError, match="ADS_LANDING_URL"):
        open_store(load_settings(landing_url=url)).check()


def test_a_certificate_has_to_be_trusted(endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    subprocess.run(
        [*request, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    endpoint.socket = context.wrap_socket(endpoint.socket, server_side=True)
    url = endpoint.url.replace("http:", "https:")
    with pytest.raises(LandingError, match=r"its certificate is not trusted: .*self-signed certificate"):
        names(url)
    assert endpoint.asked == []
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    assert names(url) == [GOOD, BAD]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if content:
        (tmp_path / "certificates").write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificates"))
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        open_store(load_settings(landing_url="https://127.0.0.1/v1"))


def test_a_proxy_of_the_environment_is_used_unless_the_host_is_excluded(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(variable, endpoint.url.replace("//", "//me:password@"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert names("http://drops.invalid/v1") == [GOOD, BAD]
    (asked,) = endpoint.asked
    assert (asked.path.split("?")[0], asked.headers["Proxy-Authorization"][:6]) == ("http://drops.invalid/v1/drops", "Basic ")
    with pytest.raises(LandingError, match=r"http://127\.0\.0\.1:9/v1 cannot be listed"):
        names("http://127.0.0.1:9/v1")
    assert endpoint.asked == [asked]
