"""What is kept: requests, votes, the audit chain, the outbox and the inbox, in one database."""
