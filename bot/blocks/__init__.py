"""What people see in Slack: pure functions, state in, Block Kit out."""
