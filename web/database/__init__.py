"""What the web keeps: tables of its own beside those of monitoring, in the same database."""
