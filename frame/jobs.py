"""Work that outlives a rerun: commands in processes of their own.

A page starts a job and polls it; the job lives in a registry that all scripts of the server share,
so that no rerun, page switch or closed tab ends it.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

State = Literal["running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class News:
    """How far a job is.

    Attributes
    ----------
    state : "running", "done", "failed" or "cancelled"
    stage : str
        What it is doing.
    done, total : int
        Steps of that stage; a total of 0 means unknown.
    words : str
        The last line it said that was no progress: the error of a failed job.
    """

    state: State
    stage: str = ""
    done: int = 0
    total: int = 0
    words: str = ""


class Job:
    """Commands that run one after the other, in the background.

    Parameters
    ----------
    commands : sequence of sequence of str
        The next one starts where the one before ended with exit 0.
    environment : mapping of str to str
    """

    def __init__(self, commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> None:
        self._commands = [list(command) for command in commands]
        self._environment = dict(environment) | {"HIVEMIND_PROGRESS": "json"}
        self._lock = threading.Lock()
        self._news = News("running", "starting")
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        atexit.register(self.cancel)
        self._thread.start()

    @property
    def news(self) -> News:
        """How far it is now."""
        with self._lock:
            return self._news

    def cancel(self) -> None:
        """End it, and every process it started; harmless when it has ended."""
        with self._lock:
            if self._news.state != "running":
                return
            self._news = replace(self._news, state="cancelled")
            if self._process is not None and self._process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        for command in self._commands:
            process = self._start(command)
            if process is None:
                break
            with process:
                for line in process.stderr or ():
                    self._take(line.strip())
            if process.returncode != 0:
                self._end("failed")
        self._end("done")
        atexit.unregister(self.cancel)

    def _start(self, command: list[str]) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._news.state != "running":
                return None
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own command
                    command,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    errors="replace",
                    start_new_session=True,
                )
            except OSError as error:
                self._news = replace(self._news, state="failed", words=str(error))
                return None
            return self._process

    def _take(self, line: str) -> None:
        """Take one line of standard error: progress where it is JSON, else words."""
        if not line:
            return
        try:
            told = json.loads(line)
            stage, done, total = str(told["stage"]), int(told["done"]), int(told["total"])
        except (ValueError, TypeError, KeyError):
            with self._lock:
                self._news = replace(self._news, words=line)
            return
        with self._lock:
            self._news = replace(self._news, stage=stage, done=done, total=total)

    def _end(self, state: State) -> None:
        with self._lock:
            if self._news.state == "running":
                self._news = replace(self._news, state=state)


class Registry:
    """The jobs of a server, by name."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def find(self, name: str) -> Job | None:
        """Return the job of that name."""
        with self._lock:
            return self._jobs.get(name)

    def start(self, name: str, commands: Sequence[Sequence[str]]) -> Job:
        """Start a job, or return the one of that name that is running."""
        with self._lock:
            job = self._jobs.get(name)
            if job is None or job.news.state != "running":
                job = self._jobs[name] = Job(commands, os.environ)
            return job

    def forget(self, name: str) -> None:
        """Drop a job that has ended."""
        with self._lock:
            self._jobs.pop(name, None)


@st.cache_resource(show_spinner=False)
def open_registry() -> Registry:
    """Return the registry that all scripts of this server share."""
    return Registry()


def command_line(*words: str) -> list[str]:
    """Return our own command as a process of this interpreter."""
    return [sys.executable, "-m", "hivemind_core.cli", *words]
