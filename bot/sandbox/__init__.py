"""Stand-ins for the outside world: Slack, NSX Managers, a backup server, an authority."""
