"""llama.cpp in a process of its own, many conversations at a time."""
