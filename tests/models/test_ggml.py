"""The tables of numbers agree with the installed llama.cpp and gguf packages."""

import gguf
import llama_cpp

from models.formats import RECIPES
from models.ggml import FILE_TYPES, TENSOR_TYPES, file_type, tensor_type


def test_tensor_types() -> None:
    for kind, (elements, size) in gguf.GGML_QUANT_SIZES.items():
        ours = TENSOR_TYPES[kind.value]
        assert (ours.elements, ours.size) == (elements, size), kind
        assert ours.name == kind.name.lower()


def test_file_types() -> None:
    for number, name in FILE_TYPES.items():
        prefix = "ALL" if name == "f32" else "MOSTLY"
        assert getattr(llama_cpp, f"LLAMA_FTYPE_{prefix}_{name.upper()}") == number


def test_recipes_name_known_types() -> None:
    for recipe in RECIPES.values():
        assert file_type(recipe.file_type) in FILE_TYPES
        for name in filter(None, [recipe.output, recipe.embedding, *(name for _, name in recipe.overrides)]):
            assert tensor_type(name) in TENSOR_TYPES
