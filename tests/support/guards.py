"""Two guards that every test runs under: nothing talks to the internet, and our code never blocks the event loop.

Both remember what they refused, so that a test fails even when the code under test swallowed the refusal.
They must not know any room of the application beyond its name.
"""

import asyncio
import ipaddress
import socket
import sys
import warnings
from collections.abc import Callable
from typing import Any, Final

import blockbuster.blockbuster as blocking
from typing_extensions import override

OUR_PACKAGES: Final = ("server", "channels", "memory")

# Read once per process and then kept, or done before anybody is served: these may touch the disk on the loop.
MAY_BLOCK: Final = (
    ("starlette/routing.py", {"lifespan"}),
    ("<frozen importlib._bootstrap>", {"_find_and_load"}),
    ("jinja2/loaders.py", {"get_source"}),
    ("babel/localedata.py", {"load", "exists"}),
    ("zoneinfo/_common.py", {"load_data", "load_tzdata"}),
    ("zoneinfo/_tzpath.py", {"find_tzfile"}),
    ("mimetypes.py", {"init", "read"}),
    ("asyncpg/connect_utils.py", {"_parse_connect_dsn_and_args"}),
    ("logging/__init__.py", {"emit"}),  # pytest's own log file; in production a queue stands between (server/logs.py)
)


class InternetRefused(Exception):
    """A test reached for an address beyond loopback. Deliberately no OSError: an outage is something else."""


class Refusals:
    """What the guards refused since the last `take`."""

    def __init__(self) -> None:
        self._seen: list[str] = []

    def add(self, what: str) -> None:
        """Remember one refusal."""
        self._seen.append(what)

    def take(self) -> list[str]:
        """Everything refused since the last call."""
        seen, self._seen = self._seen, []
        return seen


refusals: Final = Refusals()


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_numeric(host: object) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True


def refuse_beyond_loopback(host: object) -> None:
    """Raise InternetRefused unless `host` names this machine."""
    if not _is_loopback(host):
        refusals.add(f"internet: {host!r}")
        raise InternetRefused(f"tests may not reach {host!r}; point it at a stand-in on loopback")


def _refuse_look_up(host: object) -> None:
    if not _is_numeric(host):
        refuse_beyond_loopback(host)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        sock, address = args[0], args[1]
        if sock.family in (socket.AF_INET, socket.AF_INET6) and address is not None:
            refuse_beyond_loopback(address[0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _refuse_look_up(args[0])


def forbid_internet() -> None:
    """Refuse connections and look-ups beyond loopback for the rest of this process."""
    sys.addaudithook(_audit)


def _guarded_uvloop() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop

    class GuardedLoop(uvloop.Loop):
        """uvloop connects in C, past the audit hook; so the loop itself asks the guard."""

        @override
        async def create_connection(self, protocol_factory: Any, host: Any = None, *args: Any, **kwargs: Any) -> Any:
            refuse_beyond_loopback(host)
            return await super().create_connection(protocol_factory, host, *args, **kwargs)

        @override
        async def getaddrinfo(self, host: Any, *args: Any, **kwargs: Any) -> Any:
            _refuse_look_up(host)
            return await super().getaddrinfo(host, *args, **kwargs)

        @override
        async def sock_connect(self, sock: Any, address: Any) -> Any:
            if sock.family != socket.AF_UNIX:
                refuse_beyond_loopback(address[0])
            return await super().sock_connect(sock, address)

        @override
        def close(self) -> None:
            # An unclosed transport is warned of inside a C callback: as an error it would be lost there, the transport
            # would stay open, and the loop would wait for it for ever. So it is told after the loop is closed.
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", ResourceWarning)
                super().close()
            for warning in caught:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)

    return GuardedLoop


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """The loop of production, guarded: uvloop where it exists, else asyncio's own."""
    try:
        return _guarded_uvloop()
    except ImportError:
        return asyncio.new_event_loop


class _RecordedBlocking(blocking.BlockingError):
    def __init__(self, func: str) -> None:
        super().__init__(func)
        refusals.add(f"blocking call on the event loop: {func}")


def blocking_guard() -> blocking.BlockBuster:
    """A BlockBuster over our packages, not yet active; what it finds lands in `refusals`."""
    blocking.BlockingError = _RecordedBlocking  # type: ignore[misc]
    guard = blocking.BlockBuster(scanned_modules=list(OUR_PACKAGES))
    for function in guard.functions.values():
        for filename, names in MAY_BLOCK:
            function.can_block_in(filename, names)
    return guard
