"""Reads the body of a reply: events as they come, or one piece of JSON, whatever was asked for."""

import asyncio
import codecs
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from io import IncrementalNewlineDecoder
from typing import Protocol

DONE = "[DONE]"
FIELD = re.compile(r"(data|event|id|retry)?:")
MOST_HELD = 32_000_000  # characters of one piece: no answer is as long
TOO_LONG = f"a piece of more than {MOST_HELD:,} characters"
SECONDS_TO_CLOSE = 0.1


class Body(Protocol):
    """What a body is read from."""

    def iter_bytes(self) -> AsyncIterator[bytes]:
        """Give the bytes, unpacked, as they come."""


async def read_events(body: Body) -> AsyncGenerator[object]:
    """Give the JSON of every event, and `DONE` where the service says that it is done.

    A body that is no stream of events, but JSON in one piece, is the only event.

    Raises
    ------
    ValueError
        If an event, or the body, is no JSON; or see `_read_lines`.
    """
    async with aclosing(_read_lines(body)) as lines:
        async for told in _read_data(lines):
            if told != DONE:
                yield json.loads(told)
                continue
            yield DONE
            with suppress(TimeoutError):  # a connection that was read to its end is used again
                async with asyncio.timeout(SECONDS_TO_CLOSE):
                    async for _ in lines:
                        pass


async def _read_data(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """Give what every event holds; all that comes where it is no stream of events."""
    held: list[str] = []
    size, is_stream = 0, None  # until a line tells
    async for line in lines:
        if is_stream is None and line.strip():
            is_stream = FIELD.match(line) is not None
        if is_stream is False:
            held.append(line)
        elif line.startswith("data:"):
            held.append(line.removeprefix("data:"))
        elif not line and held:
            yield "\n".join(held).strip()
            held = []
        size = size + len(line) + 1 if held else 0
        if size > MOST_HELD:
            raise ValueError(TOO_LONG)
    if held:
        yield "\n".join(held).strip()


async def _read_lines(body: Body) -> AsyncGenerator[str]:
    """Give the lines of a body, without their ends: LF, CRLF or CR.

    Raises
    ------
    ValueError
        If it is no UTF-8, or a line is far too long.
    """
    utf8 = codecs.getincrementaldecoder("utf-8-sig")()
    decoder, held = IncrementalNewlineDecoder(utf8, translate=True), ""
    async for piece in body.iter_bytes():
        *lines, rest = decoder.decode(piece).split("\n")
        for line in lines:
            yield held + line
            held = ""
        held += rest
        if len(held) > MOST_HELD:
            raise ValueError(TOO_LONG)
    yield held + decoder.decode(b"", final=True)
