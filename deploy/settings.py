"""What can be set, and where each value came from.

Decides names, defaults, limits and precedence: command line, then environment
(LUMBUNG_KAFKA__BOOTSTRAP), then `lumbung.toml` in the working folder, then the default. Refuses
to act on any of it. A value kept in a file for secrecy is named by the same variable with
`_FILE` (LUMBUNG_WAREHOUSE__URL_FILE).
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from deploy.errors import ConfigError

PREFIX: Final = "LUMBUNG_"
FILE_NAME: Final = "lumbung.toml"
_REMEDY: Final = "`lumbung config show --origin` tells where every value comes from."
# Variables with our prefix that are not settings.
_NOT_SETTINGS: Final = frozenset({"LUMBUNG_CACHE", "LUMBUNG_FAILPOINT"})
_CUT_OFFS: Final = r"^((([01][0-9]|2[0-3]):[0-5][0-9])(,([01][0-9]|2[0-3]):[0-5][0-9])*)?$"
_HOST_PORT: Final = r"^[A-Za-z0-9.\-\[\]:]+:[0-9]{1,5}(,[A-Za-z0-9.\-\[\]:]+:[0-9]{1,5})*$"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(_Section):
    """The log. Without `bootstrap` an embedded broker serves."""

    bootstrap: Annotated[str, Field(pattern=_HOST_PORT)] | None = None
    partitions: int = Field(default=8, ge=1, le=512)
    replication: int = Field(default=1, ge=1, le=7)
    jars: Path | None = None
    heap_mb: int = Field(default=512, ge=128, le=65_536)


class StreamsSettings(_Section):
    """The hub and market workers."""

    app_id: str = Field(default="lumbung", pattern=r"^[a-z][a-z0-9\-]{0,40}$")
    workers: int = Field(default=1, ge=1, le=64)
    market_workers: int = Field(default=1, ge=1, le=64)
    session_seconds: float = Field(default=6.0, ge=2.0, le=300.0)
    heartbeat_seconds: float = Field(default=2.0, gt=0.0, le=100.0)
    rebalance_seconds: float = Field(default=30.0, ge=5.0, le=600.0)
    commit_seconds: float = Field(default=1.0, ge=0.05, le=60.0)
    run_records_max: int = Field(default=2_000, ge=1, le=100_000)
    stall_seconds: float = Field(default=30.0, ge=5.0, le=3_600.0)
    lines_memory_mb: int = Field(default=512, ge=0, le=65_536)
    halt_ratio: float = Field(default=0.5, ge=0.0, le=1.0)
    halt_window: int = Field(default=1_000, ge=1, le=1_000_000)
    halt_run: int = Field(default=500, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _heartbeats_fit_the_session(self) -> Self:
        if self.heartbeat_seconds * 3 > self.session_seconds:
            raise ValueError("three heartbeats must fit into a session")
        return self


class MarketSettings(_Section):
    """The market between hubs; without `yields` the shipped file counts.

    A round may be of the whole country, and the first of a day works out its ways.
    """

    yields: Path | None = None
    stall_seconds: float = Field(default=120.0, ge=5.0, le=3_600.0)


class MatchingSettings(_Section):
    """How rounds are solved, inside hubs and between them, and when hubs decide, by their clocks.

    With no `cut_offs` matches are proposed at once, inside hubs and between them. `outlook`: hubs
    spare what the market says that others make more of.
    """

    fairness: int = Field(default=0, ge=0, le=50)
    outlook: bool = True
    cut_offs: str = Field(default="07:00,14:00", pattern=_CUT_OFFS)

    @property
    def minutes(self) -> tuple[int, ...]:
        """The cut-offs in minutes of the local day."""
        spoken = (each.split(":") for each in self.cut_offs.split(",") if each)
        return tuple(sorted({int(hour) * 60 + int(minute) for hour, minute in spoken}))


class WarehouseSettings(_Section):
    """The database; without `url` an SQLite file in the data folder."""

    url: str | None = Field(default=None, pattern=r"^(sqlite|postgresql)(\+[a-z0-9]+)?://")


class MetricsSettings(_Section):
    """Where processes show their figures: process i at `port` + i; port 0 means any free one."""

    host: str = "127.0.0.1"
    port: int = Field(default=9_464, ge=0, le=65_000)


class LogSettings(_Section):
    """How processes tell what they do, on stderr."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(BaseSettings):
    """Everything that can be set; frozen."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__"
    )

    data_dir: Path = Path("lumbung-data")
    kafka: KafkaSettings = KafkaSettings()
    streams: StreamsSettings = StreamsSettings()
    market: MarketSettings = MarketSettings()
    matching: MatchingSettings = MatchingSettings()
    warehouse: WarehouseSettings = WarehouseSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()

    @property
    def warehouse_url(self) -> str:
        """The database as SQLAlchemy names it."""
        return self.warehouse.url or f"sqlite:///{self.data_dir.resolve() / 'warehouse.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature, here and below
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what `load` collected: it must know where each value came from."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and the origin of each by its dotted name; what is not named is a default."""

    settings: Settings
    origins: Mapping[str, str]

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """`(name, value, origin)` of every setting, in order; a password in a URL is hidden."""
        for name, value in _flat(self.settings.model_dump(mode="json")):
            yield name, _shown(value), self.origins.get(name, "default")


def load(flags: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> Loaded:
    """Collect and check the settings; `flags` are dotted names (`kafka.bootstrap`), None is unset.

    Raises ConfigError: LB-C001 unreadable file, LB-C002 unknown variable, LB-C003 a value that
    cannot be.
    """
    toml = (folder or Path.cwd()) / FILE_NAME
    _refuse_unknown_variables(os.environ)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, found in _sources(toml, flags or {}):
        for name, value in _flat(found):
            values[name] = value
            origins[name] = origin(name)
    try:
        return Loaded(Settings(**_nested(values)), origins)
    except ValidationError as error:
        raise ConfigError("LB-C003", _complaint(error, origins), _REMEDY) from error


def load_at_once(flags: Mapping[str, Any]) -> Loaded:
    """As `load`, but without cut-offs unless some are set: what is shown now waits for no hour."""
    loaded = load(flags)
    name = "matching.cut_offs"
    return loaded if name in loaded.origins else load({**flags, name: ""})


def _sources(toml: Path, flags: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Weakest first: what tells the origin of a name, and the values, dotted or nested."""
    yield (lambda _: str(toml)), _from_toml(toml)
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_FILE")}
    yield _variable, _from_environment(environment)
    yield (lambda name: f"file named by {_variable(name)}_FILE"), _from_files(os.environ)
    yield (lambda name: f"flag for {name}"), {k: v for k, v in flags.items() if v is not None}


def _from_toml(path: Path) -> Mapping[str, Any]:
    try:
        return TomlConfigSettingsSource(Settings, path)() if path.exists() else {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("LB-C001", f"{path} cannot be read: {error}", "Correct it.") from error


def _from_environment(environment: Mapping[str, str]) -> Mapping[str, Any]:
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in environment.items()}
    return source()


def _from_files(environment: Mapping[str, str]) -> Mapping[str, Any]:
    named: dict[str, str] = {}
    for variable, path in environment.items():
        if variable.startswith(PREFIX) and variable.endswith("_FILE"):
            try:
                named[variable.removesuffix("_FILE")] = Path(path).read_text("utf-8").strip()
            except OSError as error:
                raise ConfigError(
                    "LB-C001", f"{variable} names a file that cannot be read: {error}"
                ) from error
    return _from_environment(named)


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    """A misspelt variable that does nothing is the worst kind of setting."""
    known = {_variable(name) for name, _ in _flat(Settings().model_dump())} | _NOT_SETTINGS
    for variable in environment:
        name = variable.removesuffix("_FILE")
        if variable.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise ConfigError("LB-C002", f"{variable} is not a setting.{meant}", _REMEDY)


def _complaint(error: ValidationError, origins: Mapping[str, str]) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        below = (origins[each] for each in origins if each.startswith(f"{name}."))
        origin = origins.get(name) or next(below, None)
        lines.append(f"{name}: {problem['msg']}" + (f" (from {origin})" if origin else ""))
    return "settings that cannot be:\n  " + "\n  ".join(lines)


def _variable(name: str) -> str:
    return PREFIX + name.replace(".", "__").upper()


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *path, last = name.split(".")
        level = tree
        for part in path:
            level = level.setdefault(part, {})
        level[last] = value
    return tree


def _shown(value: Any) -> str:
    text = "" if value is None else str(value)
    head, at, tail = text.rpartition("@")
    scheme, sep, _ = head.partition("://")
    return f"{scheme}://***@{tail}" if at and sep else text
