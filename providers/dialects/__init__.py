"""Codecs between conversations and the text that each family of models reads and writes."""
