"""What was seen, summed up: roll-ups, uptime, percentiles."""
