"""How the shipped family is made; nothing that ships imports this."""
