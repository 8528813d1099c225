"""The form of a question: what it asks, within Slack's limits, and how what is sent is read."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks import limits
from bot.blocks.answer_form import answer_prompt, carried, entered, named
from bot.domain.answering import filled
from bot.domain.request import Choice, Entry, Question
from bot.sandbox.slack.block_check import check_view
from tests.blocks.reading import shown
from tests.blocks.scenes import SCENES
from tests.builders import CARD, a_field, a_form_question, an_option

REQUEST = SCENES["awaiting_operator-guided"].request


def a_form(question: Question) -> dict[str, Any]:
    """The form of the question's first answer, as Slack accepts it."""
    view = answer_prompt(REQUEST, question, question.offers[0], CARD)
    check_view(view)
    return view


def inputs(view: dict[str, Any]) -> list[dict[str, Any]]:
    """The input blocks of a view."""
    return [block for block in view["blocks"] if block["type"] == "input"]


def sent(view: dict[str, Any], *chosen: str) -> tuple[Entry, ...]:
    """What is sent when exactly these labels are chosen."""
    values = {
        block["block_id"]: [
            option["value"]
            for option in block["element"]["options"]
            if option["text"]["text"] in chosen
        ]
        for block in inputs(view)
    }
    return entered([block["block_id"] for block in view["blocks"] if "block_id" in block], values)


def test_the_form_shows_the_question_and_says_what_it_is_for() -> None:
    """The words of the question, and the caption of the button as what sends it."""
    view = a_form(a_form_question())

    assert view["callback_id"] == "answer_prompt"
    assert view["title"]["text"] == "Answer R-7QK2M9"
    assert view["submit"]["text"] == "Fill in and continue"
    assert shown(view["blocks"]).startswith("*The manager waits for answers*\nChoose the nodes")


def test_the_form_brings_back_where_and_for_which_question_it_was_opened() -> None:
    """What the button would have sent from its message, the question's key, and the answer."""
    metadata = json.loads(a_form(a_form_question())["private_metadata"])

    assert metadata == {
        "value": f"R-7QK2M9:{REQUEST.short_digest}",
        "channel": CARD.channel,
        "ts": CARD.ts,
        "question": "follow:1",
        "choice": "continue",
    }


def test_ten_options_are_checkboxes_and_more_are_a_list() -> None:
    """Slack shows ten boxes at the most."""
    view = a_form(a_form_question(a_field(10), a_field(11, key="b")))

    kinds = [block["element"]["type"] for block in inputs(view)]
    assert kinds == ["checkboxes", "multi_static_select"]
    assert [len(block["element"]["options"]) for block in inputs(view)] == [10, 11]


def test_choosing_none_is_an_answer_and_the_hint_says_so() -> None:
    """No input is required, whatever else its hint explains."""
    (block,) = inputs(a_form(a_form_question()))

    assert block["optional"] is True
    assert block["hint"]["text"] == (
        "Choosing none is an answer too. Chosen nodes are registered again."
    )
    (plain,) = inputs(a_form(a_form_question(a_field(hint=""))))
    assert plain["hint"]["text"] == "Choosing none is an answer too."


def test_an_option_tells_its_name_and_its_detail() -> None:
    """The id is carried, the rest is read; a node without a name shows its id."""
    options = (an_option(7), an_option(8, label=" ", detail=" "))
    (block,) = inputs(a_form(a_form_question(a_field(options=options))))

    first, second = block["element"]["options"]
    assert (first["text"]["text"], first["description"]["text"]) == ("esx-07", "192.0.2.7")
    assert first["value"] == options[0].value
    assert second["text"]["text"] == options[1].value
    assert "description" not in second


def test_more_than_a_hundred_options_are_several_lists_with_their_ranges() -> None:
    """Each part says which it is; together they are one field."""
    view = a_form(a_form_question(a_field(250)))

    assert [block["label"]["text"] for block in inputs(view)] == [
        "Fabric nodes (1 to 100 of 250)",
        "Fabric nodes (101 to 200 of 250)",
        "Fabric nodes (201 to 250 of 250)",
    ]
    (entry,) = sent(view, "esx-01", "esx-150", "esx-250")
    assert entry == Entry(a_field().key, tuple(an_option(number).value for number in (1, 150, 250)))


def test_a_field_without_options_is_told_and_answered() -> None:
    """Slack draws no list of nothing; the answer to it is none."""
    question = a_form_question(a_field(0), a_field(2, key="b"))
    view = a_form(question)

    assert "*Fabric nodes*: nothing to choose from." in shown(view["blocks"])
    assert sent(view, "esx-02") == (
        Entry(a_field().key, ()),
        Entry("b", (an_option(2).value,)),
    )


def test_a_form_that_would_be_too_large_loses_the_details_first() -> None:
    """They stand in the message; what can be chosen stays."""
    options = tuple(an_option(n, detail="192.0.2.1, " * 6) for n in range(900))
    view = a_form(a_form_question(a_field(options=options)))

    offered = [option for block in inputs(view) for option in block["element"]["options"]]
    assert len(offered) == 900
    assert not any("description" in option for option in offered)
    assert "cannot be shown" not in shown(view["blocks"])


@pytest.mark.parametrize(
    "fields",
    [(a_field(5000),), tuple(a_field(3, key=str(n)) for n in range(150))],
)
def test_what_no_form_can_hold_is_counted(fields: Any) -> None:
    """Nobody takes a part for the whole; what is missing counts as not chosen."""
    question = a_form_question(*fields)
    view = a_form(question)

    offered = sum(len(block["element"]["options"]) for block in inputs(view))
    missing = sum(len(field.options) for field in fields) - offered
    assert missing > 0
    assert f"{missing} more entries cannot be shown in one form of Slack" in shown(view["blocks"])
    key, entries = named(question, question.key, sent(view, "esx-01"))
    asking = replace(REQUEST, question=question)
    assert key == question.key
    assert filled(asking, Choice.CONTINUE, entries).holds


def test_names_that_slack_cannot_carry_come_back_as_they_are() -> None:
    """Ids have a limit in Slack, and those of a manager have none."""
    option = an_option(1, value="v" * 400)
    question = a_form_question(
        a_field(options=(option, an_option(2))), a_field(key="k" * 400, label=""), key="q" * 4000
    )
    view = a_form(question)
    key = json.loads(view["private_metadata"])["question"]

    assert len(key) <= 255
    assert named(question, key, sent(view, "esx-01")) == (
        question.key,
        (Entry(a_field().key, ("v" * 400,)), Entry("k" * 400, (an_option(1).value,))),
    )


def test_what_the_open_question_does_not_know_stays_for_the_domain_to_refuse() -> None:
    """Another question's form, or names that nobody offered, are not made to fit."""
    question = a_form_question()
    strange = (Entry("other", ("x",)), Entry(a_field().key, ("nobody",)))

    assert named(question, "follow:0", strange) == ("follow:0", strange)
    assert named(question, None, ()) == (None, ())
    assert named(question, question.key, strange) == (question.key, strange)
    asking = replace(REQUEST, question=question)
    assert not filled(asking, Choice.CONTINUE, strange).holds


def test_blocks_that_are_no_field_bring_nothing() -> None:
    """Ids that Slack gives to other blocks, and values under ids that are none of the form."""
    assert entered(["b0", "field:x", "field:0:a"], {"b0": ["1"], "field:9:z": ["2"]}) == (
        Entry("a", ()),
    )


@given(st.text(max_size=500), st.text(max_size=500))
def test_a_carried_name_fits_and_stands_for_one_name_alone(one: str, other: str) -> None:
    """Two names are carried alike only if they are the same."""
    assert 0 < len(carried(one, limits.OPTION_VALUE)) <= limits.OPTION_VALUE
    assert (carried(one, 150) == carried(other, 150)) is (one == other)


COUNTS = st.lists(st.integers(0, 230), min_size=1, max_size=4)


@given(COUNTS, st.data())
def test_whatever_is_chosen_is_what_the_domain_takes(counts: list[int], data: Any) -> None:
    """From the offered options over the form and back: an answer that is filled in."""
    fields = tuple(a_field(count, key=f"k{n}") for n, count in enumerate(counts))
    question = a_form_question(*fields)
    labels = [option.label for field in fields for option in field.options]
    chosen = data.draw(st.sets(st.sampled_from(labels))) if labels else set()
    view = answer_prompt(REQUEST, question, question.offers[0], CARD)

    _, entries = named(question, question.key, sent(view, *chosen))

    assert filled(replace(REQUEST, question=question), Choice.CONTINUE, entries).holds
    assert entries == tuple(
        Entry(field.key, tuple(o.value for o in field.options if o.label in chosen))
        for field in fields
    )


def test_a_long_question_stands_in_its_form_in_full() -> None:
    """Whoever chooses can read again what for, however much there is to choose from."""
    ends = [f"word word word END{number}." for number in range(250)]
    fields = tuple(a_field(1000, key=str(number)) for number in range(30))
    question = replace(a_form_question(*fields), text=" ".join(ends))
    told = shown(a_form(question)["blocks"])

    assert all(end in " ".join(told.split()) for end in ends)
    assert "cannot be shown in one form of Slack" in str(a_form(question)["blocks"][-1])
