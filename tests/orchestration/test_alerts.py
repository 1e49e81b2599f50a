"""Trouble is told to a webhook and by e-mail: once, and once when it is over; a recipient that does not answer is told later."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ads_pipeline.definitions import build_defs
from ads_pipeline.errors import TransientError
from ads_pipeline.pipeline.alerts import Alert, form_of, senders
from ads_pipeline.settings import Settings, load_settings


class Webhook(ThreadingHTTPServer):
    """A real endpoint; it answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.got: list[dict[str, Any]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class Taking(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 200:
            self.server.got.append(body)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as a client needs."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiving)
        self.got: list[str] = []


class Receiving(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.got.append(b"".join(lines).decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


FAILING = {"run": True, "check": True}


@dg.asset
def events() -> None:
    if FAILING["run"]:
        raise dg.Failure("the landing store cannot be listed: no such bucket")


@dg.asset_check(asset=events, name="settled")
def settled() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=not FAILING["check"], metadata={"observed": 2, "sample": ["2026-01-01", "<b>"]})


JOBS = dg.Definitions(
    assets=[events],
    asset_checks=[settled],
    jobs=[
        dg.define_asset_job("ingest", dg.AssetSelection.assets(events).without_checks()),
        dg.define_asset_job("watch", dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("events"), "settled"))),
    ],
    executor=dg.in_process_executor,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Callable[..., None], Callable[[Settings], str]]]:
    """Runs a job that fails or not; ticks the sensor."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        cursor = [""]

        def run(job: str, **failing: bool) -> None:
            FAILING.update(failing)
            JOBS.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False)

        def tick(settings: Settings) -> str:
            sensor = build_defs(settings).get_repository_def().get_sensor_def("alerts")
            result = sensor.evaluate_tick(dg.build_sensor_context(instance, cursor=cursor[0] or None))
            cursor[0] = result.cursor or cursor[0]
            return str(result.skip_message)

        yield run, tick


def told(webhook: Webhook) -> list[tuple[str, str]]:
    found = [(body["status"], body["key"]) for body in webhook.got]
    webhook.got.clear()
    return found


def test_trouble_is_told_once_and_once_when_it_is_over(
    world: tuple[Callable[..., None], Callable[[Settings], str]], webhook: Webhook, tmp_path: Path
) -> None:
    run, tick = world
    settings = load_settings(home=tmp_path, alert_url=webhook.url, ui_url="https://ui.example/")
    assert "nobody is to be told" in tick(load_settings(home=tmp_path))
    assert tick(settings) == "0 troubles, all told"
    run("ingest", run=True)
    run("ingest", run=True)
    run("watch", check=True)
    tick(settings)
    check, job = sorted(webhook.got, key=lambda body: body["key"])
    assert (job["title"], job["reason"]) == ("A run of ingest failed", "the landing store cannot be listed: no such bucket")
    assert job["link"].startswith("https://ui.example/runs/")
    assert check["title"] == "Check events.settled fails"
    assert "2026-01-01, <b>" in check["reason"]
    assert "`ads ingest` settles it" in check["remedy"]
    assert told(webhook) == [("trouble", "check events.settled"), ("trouble", "job ingest")]
    tick(settings)
    run("watch", check=True)
    tick(settings)
    assert told(webhook) == []
    run("watch", check=False)
    run("ingest", run=False)
    for _ in range(2):
        tick(settings)
    assert told(webhook) == [("over", "check events.settled"), ("over", "job ingest")]


def test_a_failure_that_is_over_at_the_next_tick_is_told_too(
    world: tuple[Callable[..., None], Callable[[Settings], str]], webhook: Webhook, tmp_path: Path
) -> None:
    run, tick = world
    settings = load_settings(home=tmp_path, alert_url=webhook.url)
    tick(settings)
    run("ingest", run=True)
    run("ingest", run=False)
    for _ in range(3):
        tick(settings)
    assert told(webhook) == [("trouble", "job ingest"), ("over", "job ingest")]


def test_one_dead_recipient_is_told_later_and_others_at_once(
    world: tuple[Callable[..., None], Callable[[Settings], str]],
    webhook: Webhook,
    mails: MailServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run, tick = world
    port = mails.server_address[1]
    settings = load_settings(home=tmp_path, alert_url=webhook.url, alert_mail="a@x.org, b@x.org", smtp_host="127.0.0.1", smtp_port=port)
    run("watch", check=True)
    webhook.status = 500
    for _ in range(3):
        assert "the webhook of ADS_ALERT_URL did not take a message (HTTP Error 500" in tick(settings)
    assert webhook.url not in caplog.text
    (mail,) = mails.got
    assert "Subject: [ads_pipeline] Check events.settled fails" in mail
    assert "To: a@x.org, b@x.org" in mail
    assert "Remedy: `ads ingest` settles it" in mail
    webhook.status = 200
    for _ in range(2):
        tick(settings)
    assert told(webhook) == [("trouble", "check events.settled")]
    assert len(mails.got) == 1


def test_what_does_not_answer_at_all_is_a_transient_error(tmp_path: Path) -> None:
    alert = Alert("k", "trouble", "t", "r", "m", "l")
    settings = load_settings(home=tmp_path, alert_url="http://127.0.0.1:1/secret", alert_mail="a@x.org", smtp_host="127.0.0.1", smtp_port=1)
    for send in senders(settings).values():
        with pytest.raises(TransientError) as raised:
            send(alert)
        assert "secret" not in str(raised.value)


def test_slacks_form_is_text_alone_and_escaped() -> None:
    alert = Alert("k", "trouble", "Check a fails", "1 < 2 & <!channel>", "m", "https://ui")
    for url in ("https://hooks.slack.com/services/T/B/x", "slack+https://chat.example/hooks/x"):
        (text,) = form_of(url, alert).values()
        assert text == ":red_circle: Check a fails\n1 &lt; 2 &amp; &lt;!channel&gt;\nRemedy: m\nhttps://ui"
    assert form_of("https://example.org/hooks.slack.com/", alert)["status"] == "trouble"
