"""The bot: a restore of an NSX Manager, approved by two leads, told in the channel."""
