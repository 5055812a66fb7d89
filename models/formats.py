"""The ladder of formats that a shipped model can be had in, and what each is made of.

They follow the published rwkv7-2.9B-world files, so that sizes of models compare like with like. llama.cpp's
three IQ3 mixes differ only in tensors that RWKV-7 has under other names, and would come out alike; here each
is what its name promises: the least memory, the plain type, and more bits where a transformer's IQ3_M has
them (its values and its attention output). None of them needs an importance matrix.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from models.ggml import file_type, tensor_type

#: Elements of a block of the types that pack many together.
_BLOCK = 256
#: What llama.cpp takes instead where rows do not divide into such blocks, if nobody names a type.
_UNPACKED = {"iq3_s": "iq4_nl", "q4_k": "q5_0"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How llama.cpp makes one format; types are named as in `models.ggml`.

    Attributes:
        file_type: llama.cpp's mix.
        output: Type of the output matrix; llama.cpp's choice if None.
        embedding: Type of the token embeddings; llama.cpp's choice if None.
        overrides: Regular expressions on tensor names, each with the type of the tensors it finds.
        weights: What is stored how, in words.
    """

    file_type: str
    output: str | None = None
    embedding: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    weights: str = ""

    def fitted(self, width: int | None) -> Recipe:
        """The recipe for a model of this width: a named type that its rows do not fit would end llama.cpp."""
        if width is None or width % _BLOCK == 0:
            return self
        return replace(
            self,
            output=_UNPACKED.get(self.output or "", self.output),
            embedding=_UNPACKED.get(self.embedding or "", self.embedding),
            overrides=tuple((pattern, _UNPACKED.get(name, name)) for pattern, name in self.overrides),
        )

    def to_json(self) -> str:
        """The recipe in llama.cpp's numbers, as `models.quantizer` reads it."""
        numbers = {
            "file_type": file_type(self.file_type),
            "output": None if self.output is None else tensor_type(self.output),
            "embedding": None if self.embedding is None else tensor_type(self.embedding),
            "overrides": [(pattern, tensor_type(name)) for pattern, name in self.overrides],
        }
        return json.dumps(numbers)

    def key(self) -> str:
        """A text that differs where the made file may differ."""
        return json.dumps(asdict(self) | {"weights": ""}, sort_keys=True)


RECIPES: dict[str, Recipe] = {
    "bf16": Recipe("bf16", weights="BF16"),
    "f16": Recipe("f16", weights="F16"),
    "bf16-q8_0": Recipe("q8_0", "bf16", "bf16", weights="embeddings, output BF16; rest Q8_0"),
    "f16-q8_0": Recipe("q8_0", "f16", "f16", weights="embeddings, output F16; rest Q8_0"),
    "q8_0": Recipe("q8_0", weights="Q8_0"),
    "q6_k": Recipe("q6_k", "q8_0", "q8_0", weights="embeddings, output Q8_0; rest Q6_K"),
    "q4_k": Recipe("q4_k_m", "q8_0", "q8_0", weights="embeddings, output Q8_0; rest Q4_K"),
    "q4_k_s": Recipe("q4_k_s", weights="smallest Q4_K"),
    "q4_0": Recipe("q4_0", weights="Q4_0"),
    "iq3_xs": Recipe("iq3_xs", output="iq3_s", weights="IQ3_S, the output too"),
    "iq3_s": Recipe("iq3_s", weights="IQ3_S, output Q6_K"),
    "iq3_m": Recipe(
        "iq3_m",
        overrides=((r"time_mix_(value|output)\.", "q4_k"),),
        weights="IQ3_S, half of time mix Q4_K",
    ),
}
