"""`leukoscope serve`: the page and the REST API on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket

    import uvicorn

    from leukoscope.settings import Settings


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; another than 127.0.0.1 needs --token.  [127.0.0.1]")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.  [8000]")] = None,
    token: Annotated[
        str | None, typer.Option(help="What callers must show. Safer in the environment: LEUKOSCOPE_TOKEN.")
    ] = None,
    keep_days: Annotated[
        float | None, typer.Option(help="Days after which an analysis and its files are removed.  [7]")
    ] = None,
    finder: Annotated[
        str | None,
        typer.Option(help="How cells are found: automatic, classical, detector, or a detector's path.  [automatic]"),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder of the database and the pictures.  [~/.local/share/leukoscope]")
    ] = None,
) -> None:
    """Serve the page and the REST API. Research use only.

    Each option can also be set in the environment, as LEUKOSCOPE_HOST, LEUKOSCOPE_PORT and so on.
    """
    from leukoscope.settings import read_settings

    given = {"host": host, "port": port, "token": token, "keep_days": keep_days, "data_dir": data_dir}
    _run(read_settings(given | {"finder": finder}))


def _run(settings: Settings) -> None:
    import uvicorn

    from leukoscope.errors import InvalidValueError
    from leukoscope.wiring import build_server

    config = uvicorn.Config(
        build_server(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,  # the addresses of analyses are secrets
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    try:
        listener = config.bind_socket()
    except SystemExit as stop:  # how uvicorn says that the address cannot be taken
        raise InvalidValueError(
            f"{settings.host}:{settings.port} cannot be listened on.",
            hint="Another program may use it; choose another --port.",
        ) from stop
    _announcing(config, settings, listener.getsockname()[1]).run([listener])


def _announcing(config: uvicorn.Config, settings: Settings, port: int) -> uvicorn.Server:
    import uvicorn

    name = f"[{settings.host}]" if ":" in settings.host else settings.host

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"leukoscope is ready at http://{name}:{port} (Ctrl-C stops it)", flush=True)
            print(f"Analyses are kept in {settings.data_dir} for {settings.keep_days:g} days.", flush=True)

    return Announcing(config)
