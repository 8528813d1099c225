"""Check everything the bot depends on, before the night on which it is needed.

Each finding says what holds, or what does not and what to do. Nothing is changed anywhere.
"""

from bot.doctor.examination import SKEW, examine

__all__ = ["SKEW", "examine"]
