"""Views that run while they are shown: where they run, as an address that a page may frame."""

from urllib.parse import urlencode, urlsplit

from hivemind_core.errors import InputError, shorten
from hivemind_core.exhibit import View, write_query

LIVE = "live"
SCHEMES = ("http", "https")


def find_origin(address: str) -> str:
    """Return scheme, host and port of the address of a dashboard.

    Raises
    ------
    InputError
        If it is not such an address.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    plain = host.replace("-", "").replace(".", "").replace(":", "")
    if parts.scheme not in SCHEMES or not (plain.isascii() and plain.isalnum()):
        raise InputError(
            "a dashboard has an address such as http://127.0.0.1:8501", found=shorten(address)
        )
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + (f":{port}" if port is not None else "")


def write_address(view: View, live: str) -> str:
    """Return the address of a view in the dashboard at an address, without the dashboard's frame.

    The page that shows it adds the theme.
    """
    asked = write_query(view) | {"embed": "true"}
    base = find_origin(live) + urlsplit(live).path.rstrip("/")
    return f"{base}/{LIVE}?{urlencode(asked, doseq=True)}"
