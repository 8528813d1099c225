"""The JSON of Slack's wire, which carries no types of its own."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""One JSON object."""

Blocks: TypeAlias = list[Json]
"""Block Kit blocks, top to bottom."""
