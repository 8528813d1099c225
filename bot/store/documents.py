"""Values of the domain as JSON and back; what the tables keep of them."""

import re
import typing
from typing import Any, Final

from pydantic import TypeAdapter

from bot.domain import events as e
from bot.domain.intents import Intent
from bot.domain.request import Place, Question, Request, Wish

_REQUEST: Final = TypeAdapter[Request](Request)
_INTENT: Final = TypeAdapter[Intent](Intent)
_WISH: Final = TypeAdapter[Wish](Wish)
_QUESTION: Final = TypeAdapter[Question](Question)
_PLACE: Final = TypeAdapter[Place | None](Place | None)
_ANSWER: Final = TypeAdapter[e.QuestionAnswered | None](e.QuestionAnswered | None)

Json = dict[str, Any]


def action_of(kind: type) -> str:
    """Return a class's name as the audit writes it: `ApprovalRecorded` is `approval_recorded`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


_EVENTS: Final[dict[str, TypeAdapter[e.Event]]] = {
    action_of(kind): TypeAdapter(kind) for kind in typing.get_args(e.Event)
}


def request_to_json(request: Request) -> Json:
    """Return a request as JSON values."""
    values: Json = _REQUEST.dump_python(request, mode="json")
    return values


def request_from_json(values: Json) -> Request:
    """Read a request back."""
    return _REQUEST.validate_python(values)


def event_to_json(event: e.Event) -> Json:
    """Return the fields of an event as JSON values; its action is `action_of` its class."""
    values: Json = _EVENTS[action_of(type(event))].dump_python(event, mode="json")
    return values


def event_from_json(action: str, values: Json) -> e.Event | None:
    """Read an event back, or return `None` where the action is not an event."""
    kind = _EVENTS.get(action)
    return kind.validate_python(values) if kind else None


def intent_to_json(intent: Intent) -> Json:
    """Return an intent as JSON values."""
    values: Json = _INTENT.dump_python(intent, mode="json")
    return values


def intent_from_json(values: Json) -> Intent:
    """Read an intent back."""
    return _INTENT.validate_python(values)


def wish_to_json(wish: Wish) -> Json:
    """Return a wish as JSON values."""
    values: Json = _WISH.dump_python(wish, mode="json")
    return values


def question_to_json(question: Question, answer: e.QuestionAnswered | None) -> Json:
    """Return a question and what became of it as JSON values."""
    return {
        "question": _QUESTION.dump_python(question, mode="json"),
        "answer": _ANSWER.dump_python(answer, mode="json"),
    }


def question_from_json(values: Json) -> tuple[Question, e.QuestionAnswered | None]:
    """Read a question and its answer back."""
    return (
        _QUESTION.validate_python(values["question"]),
        _ANSWER.validate_python(values["answer"]),
    )


def place_to_json(place: Place | None) -> Json | None:
    """Return a place as JSON values."""
    return {"channel": place.channel, "ts": place.ts} if place else None


def place_from_json(values: Json | None) -> Place | None:
    """Read a place back."""
    return _PLACE.validate_python(values)
