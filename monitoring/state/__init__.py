"""From readings to up, down, pending: pure rules, without clock or store."""
