"""Secrets that stand in files, as container engines mount them: `NAME_FILE` names the file whose text is `NAME`."""

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from ads_pipeline.errors import SettingsError

PROVIDER_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_ACCOUNT_KEY")
"""The object storage providers' own secret variables that may come from files too."""


def read_secret(variable: str, path: str) -> str:
    """The text of a secret's file.

    Raises:
        SettingsError: naming the variable; the file cannot be read, or is empty.
    """
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError(f"{variable} is {path!r}, which cannot be read ({reason}): name a file that this user may read") from None
    if not text:
        raise SettingsError(f"{variable} is {path!r}, which is empty: write the secret into it")
    return text


def provider_secrets() -> dict[str, str]:
    """The providers' secrets that files hold: `AWS_SECRET_ACCESS_KEY_FILE` names one. A variable that is set wins.

    Raises:
        SettingsError: a file cannot be read.
    """
    paths = {name: os.environ.get(f"{name}_FILE", "") for name in PROVIDER_SECRETS if not os.environ.get(name)}
    return {name: read_secret(f"{name}_FILE", path) for name, path in paths.items() if path}


def with_password(dsn: str, password: str) -> str:
    """The DSN with this password for its user, unless it has one."""
    login, at, _ = urlsplit(dsn).netloc.rpartition("@")
    if not at or ":" in login or not password:
        return dsn
    return dsn.replace(f"{login}@", f"{login}:{quote(password, safe='')}@", 1)
