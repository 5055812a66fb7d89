"""Attacks by what tools return: a page, a banner, a name in DNS that tells the model what to do."""
