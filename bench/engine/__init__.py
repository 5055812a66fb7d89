"""The engine beside its peers: same file, same prompts, same threads, one after the other in turns."""
