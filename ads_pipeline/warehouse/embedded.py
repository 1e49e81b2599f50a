"""Whether the embedded engine is installed, without loading it."""

from importlib.util import find_spec

from ads_pipeline.errors import SettingsError


def need_embedded(what: str, otherwise: str = "") -> None:
    """Refuse what runs on the embedded engine where that is not installed.

    Args:
        what: begins the message, such as `examples run`.
        otherwise: ends it, with what else would do.

    Raises:
        SettingsError: it is not installed.
    """
    if not find_spec("chdb"):
        raise SettingsError(f"{what} on the embedded engine, which is not installed: pip install 'ads-pipeline[embedded]'{otherwise}")
