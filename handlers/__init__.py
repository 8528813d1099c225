"""What Slack calls: commands, button presses, forms. Each listener is a few lines."""
