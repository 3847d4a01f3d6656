"""Deployment settings of the server, read once from the environment (`LEUKOSCOPE_...`) and the command line."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError
from pydantic.functional_validators import field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from leukoscope.errors import InvalidValueError

MIN_TOKEN = 16
PREFIX = "LEUKOSCOPE_"


def default_data_dir() -> Path:
    """Where the server keeps its data: `$XDG_DATA_HOME/leukoscope`, or `~/.local/share/leukoscope`."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "leukoscope"


class Settings(BaseSettings):
    """Settings of the server; each can be given as an environment variable `LEUKOSCOPE_NAME`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on; another than 127.0.0.1 needs a token.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    token: SecretStr | None = Field(None, description=f"What callers must show; at least {MIN_TOKEN} characters.")
    keep_days: float = Field(7, gt=0, le=36500, description="Days after which an analysis and its files are removed.")
    data_dir: Path = Field(default_factory=default_data_dir, description="Folder of the database and the pictures.")
    database_url: str | None = Field(None, description="SQLAlchemy URL; a SQLite file in the data folder otherwise.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Names of this server besides localhost and IP addresses, separated by commas."
    )
    model_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders of further model bundles, separated by commas."
    )
    max_file_mb: float = Field(64, gt=0, description="MiB one picture may have.")
    max_request_mb: float = Field(1024, gt=0, description="MiB all pictures of one request may have together.")
    max_files: int = Field(500, ge=1, description="Pictures one request may bring.")
    max_waiting_images: int = Field(2000, ge=1, description="Pictures that may wait before requests are turned away.")
    finder: str = Field(
        "automatic", description="How cells are found: automatic, classical, detector, or a detector's name or path."
    )
    threads: int | None = Field(None, ge=1, description="Cores for the networks; all by default.")

    @field_validator("allowed_hosts", "model_folders", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def keep(self) -> timedelta:
        """How long analyses are kept."""
        return timedelta(days=self.keep_days)

    @property
    def url(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'jobs.sqlite'}"


def read_settings(given: Mapping[str, object]) -> Settings:
    """Settings from the environment, where `given` does not say otherwise.

    Args:
        given: Values from the command line; None means not given.

    Raises:
        InvalidValueError: A value is out of range, or an open address has no token.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as fault:
        first = fault.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        # The value itself is not repeated: it may be the token.
        raise InvalidValueError(
            f"The setting {name} does not fit: {first['msg']}.",
            hint=f"Give --{name.replace('_', '-')} or {PREFIX}{name.upper()}.",
        ) from None
    _check_token(settings)
    return settings


def _check_token(settings: Settings) -> None:
    token = settings.token.get_secret_value() if settings.token else None
    if token is None and not _is_loopback(settings.host):
        raise InvalidValueError(
            f"Listening on {settings.host} lets others in and needs a token.",
            hint=f"Set {PREFIX}TOKEN to at least {MIN_TOKEN} characters, or listen on 127.0.0.1.",
        )
    if token is not None and len(token) < MIN_TOKEN:
        raise InvalidValueError(
            f"The token has {len(token)} characters; at least {MIN_TOKEN} are needed to keep others out.",
            hint="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
