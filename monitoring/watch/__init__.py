"""The scheduler: each host at its interval, results judged and handed to the recorder."""
