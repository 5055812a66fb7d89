"""Where a model's weights come from: this project, the Hugging Face Hub, or an installed Python package."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.errors import nearest
from models.formats import RECIPES

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    """A part of the catalogue: no unknown keys, and nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shipped(Strict):
    """One file that comes with the project; the other formats are made from it.

    Attributes:
        file: File name, beside the catalogue.
        format: Its format, `bf16` or `f16`.
        sha256: Its hash; None while it is not known.
        formats: The formats that can be asked for.
    """

    kind: Literal["shipped"]
    file: Annotated[str, Field(pattern=r"^[^/\\]+\.gguf$")]
    format: Literal["bf16", "f16"]
    sha256: Sha256 | None = None
    formats: tuple[Name, ...]

    @model_validator(mode="after")
    def _can_be_made(self) -> Shipped:
        for name in self.formats:
            if name not in RECIPES:
                raise ValueError(f"format {name}: there is no recipe for it; {nearest(name, RECIPES)}")
        if self.format not in self.formats:
            raise ValueError(f"formats must hold {self.format}, the format of {self.file}")
        return self

    def weights(self, format_: str) -> str:
        """What is stored how in one of the formats, in words."""
        return RECIPES[format_].weights


class Published(Strict):
    """One file of a repository; `weights` says what is stored how."""

    file: Annotated[str, Field(pattern=r"^[^\\]+\.gguf$")]
    weights: str


class Hub(Strict):
    """Files of a repository on the Hugging Face Hub, by format."""

    kind: Literal["hub"]
    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    files: Annotated[dict[Name, Published], Field(min_length=1)]

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that can be asked for."""
        return tuple(self.files)

    def weights(self, format_: str) -> str:
        """What is stored how in one of the formats, in words."""
        return self.files[format_].weights


class Packaged(Strict):
    """One file of a Python package that an extra of this project installs.

    Attributes:
        package: The package's name in the index; its code is never imported.
        extra: The extra that installs it.
        file: The file, relative to where packages are installed.
        format: Its format.
        stored: What is stored how, in words.
        sha256: Its hash.
    """

    kind: Literal["package"]
    package: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$")]
    extra: Name
    file: Annotated[str, Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*\.gguf$")]
    format: Name
    stored: str
    sha256: Sha256

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that can be asked for: the file's own."""
        return (self.format,)

    def weights(self, format_: str) -> str:
        """What is stored how in one of the formats, in words."""
        return self.stored


AnySource = Annotated[Shipped | Hub | Packaged, Field(discriminator="kind")]
