"""A server that speaks the OpenAI chat API."""
