"""What is known about the model behind a provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from providers.base import Constraint, Provider


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model, as runs record it and tables show it; None where it is not known.

    Attributes:
        name: The model's name with its format, such as `netmon-7m:q4_k`.
        format: How the weights are stored, such as `q4_k`.
        parameters: Number of weights.
        file_bytes: Size of the weights file, in bytes.
        weights_sha256: Hash of the weights file.
        dialect: How tools and calls are written for the model.
        prompt_hash: SHA-256 of the prompt's fixed text; it changes with the wording, not with the case.
        default_constrained: How calls are held to the schemas where the user does not say.
        constraints: All the ways in which its calls can be held.
        random: Whether its weights are random: a file to measure speed with, whose replies mean nothing.
        data_sha256: Hash of what the model was trained on, where its file says it.
        server: Where it is asked, such as `https://api.openai.com/v1`; None where it runs on this machine.
    """

    name: str
    format: str | None = None
    parameters: int | None = None
    file_bytes: int | None = None
    weights_sha256: str | None = None
    dialect: str | None = None
    prompt_hash: str | None = None
    default_constrained: Constraint = "none"
    constraints: tuple[Constraint, ...] = ("none",)
    server: str | None = None
    random: bool = False
    data_sha256: str | None = None


class DescribedProvider(Provider, Protocol):
    """A provider that says which model it is."""

    @property
    def info(self) -> ModelInfo:
        """The model behind it."""
        ...
