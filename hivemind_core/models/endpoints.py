"""Endpoints: services that speak the OpenAI protocol, and what each of them takes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from hivemind_core.errors import InputError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

PUBLIC_URL = "https://api.openai.com/v1"
MAX_TOKENS, MAX_TOKENS_LATER = "max_tokens", "max_completion_tokens"
"""How long an answer may be: its name, and the one that newer models of OpenAI want instead."""
COMMON = ("temperature", "top_p", MAX_TOKENS)
"""What is sent where an endpoint does not say what it takes."""
NATIVE = (
    *COMMON,
    "seed",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    MAX_TOKENS_LATER,
)
"""Parameters that the protocol knows; others travel in the body beside them."""


@dataclass(frozen=True)
class Endpoint:
    """A service that speaks the OpenAI protocol.

    Attributes
    ----------
    name : str
    base_url : str
    api_key : str
        Empty where the service asks for none. Part of no text that is made from an endpoint.
    takes : tuple of str or None
        The parameters it takes; None: only the common ones are sent.
    max_concurrency : int
        Requests in flight, at most and to begin with.
    seconds : float
        How long it may be silent: before an answer, or within one that streams in. Three times as
        long where it is not silent, but says no word of an answer.
    input_price, output_price : float or None
        USD per million tokens; None where not stated.
    identity : str
        What tells it from other services, where its address changes from start to start.
    """

    name: str
    base_url: str
    api_key: str = field(default="", repr=False)
    takes: tuple[str, ...] | None = None
    max_concurrency: int = 20
    seconds: float = 120.0
    input_price: float | None = None
    output_price: float | None = None
    identity: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be an endpoint.

        Raises
        ------
        InputError
            If the address has no scheme or host, the key cannot be sent, or a number is out of
            range.
        """
        where = f"endpoint {self.name}"
        split_address(self.base_url, where)
        if not (self.api_key.isascii() and self.api_key.isprintable()):
            raise InputError(
                "a key has letters, digits and signs of ASCII alone",
                where=where,
                found="others, which are not repeated",
            )
        if self.max_concurrency < 1 or self.seconds <= 0:
            raise InputError("max_concurrency and seconds are more than 0", where=where)
        for price in (self.input_price, self.output_price):
            if price is not None and not price >= 0:
                raise InputError("a price is 0 or more", where=where, found=str(price))

    @property
    def host(self) -> str:
        """Its host and port: what may be shown of the address, which can hold a password."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    @property
    def address(self) -> str:
        """What tells it from other services, without a password: host, port and path."""
        return self.identity or self.host + urlsplit(self.base_url).path.rstrip("/")

    @property
    def is_here(self) -> bool:
        """Whether this machine serves it: it is asked without a proxy, which would be another."""
        return is_loopback(urlsplit(self.base_url).hostname or "")

    def divide(
        self, parameters: Mapping[str, object], unwanted: Collection[str] = ()
    ) -> tuple[dict[str, object], tuple[str, ...]]:
        """Return the parameters that it takes, and the names of the others.

        A length that it does not take under the one name goes under the other.

        Parameters
        ----------
        parameters : mapping
        unwanted : collection of str
            What a model of it turned out not to take.
        """
        known = set(COMMON if self.takes is None else self.takes)
        if MAX_TOKENS in known and MAX_TOKENS in unwanted:
            known.add(MAX_TOKENS_LATER)
        known -= set(unwanted)
        sent = {name: value for name, value in parameters.items() if name in known}
        left_out = parameters.keys() - sent.keys()
        if MAX_TOKENS in left_out and MAX_TOKENS_LATER in known:
            sent[MAX_TOKENS_LATER] = parameters[MAX_TOKENS]
            left_out -= {MAX_TOKENS}
        return sent, tuple(sorted(left_out))

    def hide_key(self, text: str) -> str:
        """Return a text without the key, should a service have repeated it."""
        return text.replace(self.api_key, "…") if self.api_key else text


def split_address(base_url: str, where: str) -> SplitResult:
    """Return the parts of an address.

    Raises
    ------
    InputError
        If it is none. It is not repeated: somebody may have put a key there.
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:  # a port that is no number, or a bracket that is left open
        host = None
    if not host or parts.scheme not in ("http", "https") or not base_url.isprintable():
        raise InputError(
            "a base URL begins with http:// or https:// and names a host",
            where=where,
            found="something else, which is not repeated: it may hold a key",
            remedy="Write it as in http://127.0.0.1:8000/v1",
        )
    return parts


def find_endpoint(environment: Mapping[str, str]) -> Endpoint:
    """Return the endpoint that OPENAI_BASE_URL and OPENAI_API_KEY name; OpenAI's by default.

    Raises
    ------
    InputError
        If there is neither a key nor an address, or the address is none.
    """
    # A key that was read from a file often has a line end behind it.
    key = environment.get("OPENAI_API_KEY", "").strip()
    base_url = environment.get("OPENAI_BASE_URL", "")
    if not key and not base_url:
        raise InputError(
            "a model behind an endpoint needs a key",
            where="OPENAI_API_KEY",
            remedy="Set it, or OPENAI_BASE_URL for a service that asks for none",
        )
    return Endpoint("OPENAI_BASE_URL" if base_url else "OpenAI", base_url or PUBLIC_URL, key)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def make_client(endpoint: Endpoint) -> "AsyncOpenAI":
    """Return a client that asks once: `engine` decides what is asked again."""
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    return AsyncOpenAI(
        api_key=endpoint.api_key or "none",
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=endpoint.seconds,
        http_client=DefaultAsyncHttpxClient(trust_env=False) if endpoint.is_here else None,
    )
