"""What the owner of the bot writes down: environment, YAML file, Slack manifest."""
