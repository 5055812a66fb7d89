"""Pages for people: home, dashboard, account, status pages; drawn on the server, with the widget on each."""
