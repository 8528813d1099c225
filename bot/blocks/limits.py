"""What Slack accepts at most, in characters unless said otherwise.

Sources: docs.slack.dev/reference/block-kit (blocks, elements, composition objects),
docs.slack.dev/reference/views/modal-views, docs.slack.dev/reference/methods/chat.update.
"""

from typing import Final

SECTION_TEXT: Final = 3000
"""Text of a section, and of any text object."""

HEADER_TEXT: Final = 150

MESSAGE_TEXT: Final = 4000
"""Top-level text: `chat.update` refuses more with `msg_too_long`."""

BLOCKS_JSON: Final = 12_000
"""Our budget for the JSON of a message's blocks. Slack refuses about 13,200 with
`msg_blocks_too_long`; the number is observed (slackapi/bolt-js#2509), not documented."""

VIEW_BLOCKS: Final = 100

VIEW_BYTES: Final = 250_000
"""Bytes of a view's JSON (`view_too_large`)."""

VIEW_TITLE: Final = 24
"""Title, submit and close of a modal."""

PRIVATE_METADATA: Final = 3000

BUTTON_TEXT: Final = 75

ACCESSIBILITY_LABEL: Final = 75

BUTTON_VALUE: Final = 2000

CONFIRM_TITLE: Final = 100

CONFIRM_TEXT: Final = 300

SELECT_OPTIONS: Final = 100

CHECKBOXES: Final = 10
"""Options of a group of checkboxes."""

OPTION_TEXT: Final = 75
"""Text and description of an option."""

OPTION_VALUE: Final = 150
