"""Hides passwords before anything is shown: `tools.masking`, by the name that this room uses."""

from tools.masking import mask_text, mask_url

__all__ = ["mask_text", "mask_url"]
