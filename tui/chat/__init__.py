"""A conversation: what is asked, what the model does, what it says."""
