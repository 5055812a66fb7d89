"""The settings of the web, their types and bounds."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Effect = Literal["read", "write", "intrusive"]


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or text != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError("an origin is written https://HOST or https://HOST:PORT, with nothing behind it")
    return text


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(f"{error}; write an address or a network such as 10.0.0.0/8") from None


Origin = Annotated[str, AfterValidator(_origin)]
NetworkText = Annotated[str, AfterValidator(_network)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlanSettings(_Section):
    """What a plan gives."""

    cap: int = Field(ge=1)
    refill: int = Field(ge=0)
    context: int = Field(ge=512)
    hosts: int = Field(ge=0)
    tools: tuple[Effect, ...] = ("read", "write", "intrusive")
    runs: int = Field(default=3, ge=1)


class PlansSettings(_Section):
    """The plans, by name."""

    anonymous: PlanSettings = PlanSettings(
        cap=100_000, refill=25_000, context=12_000, hosts=5, tools=("read", "write"), runs=2
    )
    free: PlanSettings = PlanSettings(cap=100_000, refill=25_000, context=12_000, hosts=10)
    agent: PlanSettings = PlanSettings(cap=200_000, refill=50_000, context=12_000, hosts=50)
    standard: PlanSettings = PlanSettings(cap=200_000, refill=50_000, context=12_000, hosts=50)
    professional: PlanSettings = PlanSettings(cap=750_000, refill=250_000, context=32_000, hosts=300, runs=5)


class WebModelSettings(_Section):
    """A model that people may choose."""

    offered: bool = True
    factor: Decimal = Field(default=Decimal(1), ge=0, allow_inf_nan=False)
    slots: int = Field(default=0, ge=0)


class WebModelsSettings(_Section):
    """The models, in the order of the button."""

    turbollm: WebModelSettings = WebModelSettings()
    hugllm: WebModelSettings = WebModelSettings(factor=Decimal("0.5"))
    testllm: WebModelSettings = WebModelSettings(factor=Decimal(0), slots=16)
    scripted: WebModelSettings = WebModelSettings(offered=False, factor=Decimal(0))


class QueueSettings(_Section):
    """The queue of models that answer a number of people at a time."""

    waiting: int = Field(default=64, ge=1)
    per_user: int = Field(default=2, ge=1)
    wait_s: float = Field(default=180, gt=0)


class OidcSettings(_Section):
    """An OpenID Connect provider; its secret comes from the environment only."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    label: str = Field(min_length=1, max_length=60)
    issuer: str
    client_id: str
    secret_variable: str = "OIDC_CLIENT_SECRET"  # noqa: S105 - where the secret is, not what it is


class WebSettings(_Section):
    """How `smallwatch serve` serves."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""
    database: str = ""
    workers: int = Field(default=1, ge=1, le=64)
    origins: tuple[Origin, ...] = ()
    trusted_proxies: tuple[NetworkText, ...] = ()
    metrics_from: tuple[NetworkText, ...] = ("127.0.0.0/8", "::1/128")
    insecure_cookies: bool = False
    registration: bool = True
    session_days: float = Field(default=30, gt=0)
    visitor_days: float = Field(default=1, gt=0)
    anonymous_daily_tokens: int = Field(default=1_000_000, ge=0)
    testllm_url: str = ""
    browser_model: str = "netmon-7m:q4_k"
    tools: Literal["real", "simulated"] = "real"
    watch: bool = True
    shutdown_s: float = Field(default=20, ge=0)
    keep_events_days: float = Field(default=7, gt=0)
    eval_runs: str = "runs"
    audit: str = ""
    plans: PlansSettings = PlansSettings()
    models: WebModelsSettings = WebModelsSettings()
    queue: QueueSettings = QueueSettings()
    oidc: tuple[OidcSettings, ...] = ()
