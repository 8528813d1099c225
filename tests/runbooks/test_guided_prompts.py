"""What the manager asks on the way, brought to people; and their answers, brought back to it.

Sources: NSX API, AdvanceClusterRestore and InstructionInfo; NSX 9 admin guide, Restore a Backup.
"""

import re
from dataclasses import replace

import pytest

from bot.domain.request import Choice, Option
from bot.domain.shortening import QUESTION_ROOM, weight
from bot.runbooks import actions as a
from bot.runbooks.restoring import Instruction, Resource, Resources, RestoreStatus
from tests.runbooks.driver import replayed
from tests.runbooks.guided_driver import (
    BOTH,
    ESX_7,
    ESX_8,
    HOSTS,
    NODES,
    NOTHING,
    PAUSED,
    RUNNING,
    SAID_409,
    SILENT,
    SUCCESS,
    Fills,
    Reply,
    WantsSuspend,
    asked,
    asking,
    choices,
    follows,
    guided_plan,
    guided_run,
    heard,
    orders,
    status,
    titles,
)

ESX_7_ALONE = (("esx-7", "FabricNode", True), ("esx-8", "FabricNode", False))

# -- what is asked ------------------------------------------------------------------------------


def test_a_prompt_is_asked_in_the_words_of_the_manager() -> None:
    """What instructions are called is documented nowhere, so they are shown as they are."""
    story = guided_run(restore=[asking(HOSTS), BOTH])

    question = asked(story, "restore")
    assert question.key == "restore:asks:1"
    assert question.title == "The manager asks before it goes on"
    assert question.text == (
        "At step 5 of 11: Restoring Node (SUSPENDED_FOR_USER_ACTION) the manager waits for people. "
        'It says: "Waiting for the operator".\n'
        "• Hosts not found (the manager calls what can be done: RESOLVE)\n"
        "See to it first. Choosing is the answer: those that are checked are sent to the manager "
        "as selected; with none it goes on without any."
    )


def test_the_resources_of_a_prompt_can_be_chosen() -> None:
    """With the columns that the manager names, and without telling a name twice."""
    (field,) = asked(guided_run(restore=[asking(HOSTS), BOTH]), "restore").fields

    assert (field.key, field.label) == ("1:i-1", "Hosts not found")
    assert field.options == (
        Option("esx-7", "esx-07", "192.0.2.77, FabricNode"),
        Option("esx-8", "esx-08", "192.0.2.78, FabricNode"),
    )


def test_the_columns_that_the_manager_names_are_read() -> None:
    """`fields` of the instruction, in their order."""
    story = guided_run(restore=[asking(HOSTS), BOTH])

    (read,) = [action for action in story.actions if isinstance(action, a.ReadResources)]
    assert read == a.ReadResources("restore", "i-1", ("display_name", "ip_address"))


def test_a_resource_that_is_listed_twice_is_one_option() -> None:
    """Slack refuses a form with the same value twice."""
    twice = Resources((ESX_7, ESX_7, Resource("esx-9", "", "esx-9")))
    (field,) = asked(guided_run(restore=[asking(HOSTS), twice]), "restore").fields

    assert [option.value for option in field.options] == ["esx-7", "esx-9"]
    assert field.options[1].detail == ""


@pytest.mark.parametrize(
    ("instruction", "called"),
    [
        (Instruction("i-9", ""), "i-9"),
        (Instruction("i-9", "  "), "i-9"),
        (Instruction("", ""), "an instruction without a name"),
    ],
)
def test_an_instruction_without_a_name_is_asked_about_too(
    instruction: Instruction, called: str
) -> None:
    """F14: any field may be missing."""
    story = guided_run(restore=[asking(instruction), BOTH])

    assert f"\n• {called}\n" in asked(story, "restore").text
    assert asked(story, "restore").fields[0].label == called


def test_a_prompt_that_names_no_instruction_is_asked_about_too() -> None:
    """F14: the answer then has no item."""
    story = guided_run(restore=[asking(said="")])

    assert asked(story, "restore").text == (
        "At step 5 of 11: Restoring Node (SUSPENDED_FOR_USER_ACTION) the manager waits for people."
        "\nIt names no instruction.\nSee to it first, then continue."
    )
    assert orders(story) == [("advance", ())]


# -- what is answered ---------------------------------------------------------------------------


def test_what_was_chosen_goes_back_with_all_resources() -> None:
    """Each is marked as chosen or not (SelectableResourceReference)."""
    story = guided_run(restore=[asking(HOSTS), BOTH, Fills(Choice.CONTINUE, {"1:i-1": ("esx-7",)})])

    assert orders(story) == [("advance", (a.Selection("i-1", ESX_7_ALONE),))]


def test_choosing_none_answers_with_no_resource() -> None:
    """That is: go on without acting on any."""
    story = guided_run(restore=[asking(HOSTS), BOTH, Fills(Choice.CONTINUE, {"1:i-1": ()})])

    assert orders(story) == [("advance", (a.Selection("i-1"),))]


def test_continue_without_answers_every_instruction_with_no_resource() -> None:
    """One item for each open instruction, or the manager refuses."""
    story = guided_run(restore=[asking(HOSTS, NODES), BOTH, NOTHING, Choice.SKIP])

    assert orders(story) == [("advance", (a.Selection("i-1"), a.Selection("i-2")))]


def test_two_prompts_at_once_are_one_question_and_two_answers() -> None:
    """F14: one field and one item for each; what has no resources has no field."""
    filled = Fills(Choice.CONTINUE, {"1:i-1": ("esx-7",), "2:i-2": ()})
    story = guided_run(restore=[asking(HOSTS, NODES), BOTH, BOTH, filled])

    question = asked(story, "restore")
    assert (
        "• Hosts not found (the manager calls what can be done: RESOLVE)\n• Add " in question.text
    )
    assert [field.key for field in question.fields] == ["1:i-1", "2:i-2"]
    assert orders(story) == [("advance", (a.Selection("i-1", ESX_7_ALONE), a.Selection("i-2")))]


def test_an_instruction_without_resources_is_answered_by_one_button() -> None:
    """There is nothing to choose, so there is no form."""
    story = guided_run(restore=[asking(NODES), NOTHING])

    question = asked(story, "restore")
    assert question.fields == ()
    assert [offer.label for offer in question.offers] == [
        "Seen to, continue",
        "Look again",
        "Cancel the restore",
        "Give up",
    ]
    assert orders(story) == [("advance", (a.Selection("i-2"),))]


def test_a_prompt_with_resources_offers_a_form_or_to_go_on_without() -> None:
    """And everything that changes the restore is for leads."""
    question = asked(guided_run(restore=[asking(HOSTS), BOTH]), "restore")

    assert [(offer.label, offer.fills, offer.lead_only) for offer in question.offers] == [
        ("Choose and continue", True, True),
        ("Continue without", False, True),
        ("Look again", False, True),
        ("Cancel the restore", False, True),
        ("Give up", False, True),
    ]


def test_to_look_again_is_not_told_as_going_on() -> None:
    """Nothing is sent to the manager by it."""
    question = asked(guided_run(restore=[asking(HOSTS), BOTH]), "restore")

    look = question.offer(Choice.RETRY)
    assert look is not None
    assert look.follows == "The manager is looked at again; nothing is sent to it."


def test_prompts_that_follow_each_other_are_asked_each() -> None:
    """The id of an instruction is of this prompt alone."""
    story = guided_run(restore=[asking(HOSTS), BOTH, Choice.SKIP, "accepted", asking(NODES)])

    assert [question.key for question in story.questions[:2]] == [
        "restore:asks:1",
        "restore:asks:2",
    ]
    assert [order for order, _ in orders(story)] == ["advance", "advance"]


def test_what_was_answered_is_not_asked_again_at_once() -> None:
    """The manager may show it for a moment longer: following is told what is dealt with."""
    prompt = asking(HOSTS)
    story = guided_run(restore=[prompt, BOTH, Choice.SKIP])

    assert [(follow.turn, follow.past) for follow in follows(story)] == [(1, None), (2, prompt)]


# -- what is not offered ------------------------------------------------------------------------


def test_nothing_is_offered_that_the_manager_does_not_offer() -> None:
    """F20: its `endpoints` are the authority; then people can only look again."""
    story = guided_run(restore=[asking(HOSTS, offered=()), BOTH, Choice.RETRY])

    question = asked(story, "restore")
    assert choices(question) == [Choice.RETRY, Choice.GIVE_UP]
    assert question.text.endswith(
        " At this moment it offers no way to go on: look at it, then look again."
    )
    assert orders(story) == []


def test_cancel_is_sent_where_it_is_offered() -> None:
    """And its end is told as what it is."""
    story = guided_run(restore=[asking(HOSTS), BOTH, Choice.CANCEL, "accepted", status("ABORTED")])

    assert orders(story) == [("cancel", ())]


def test_an_answer_that_the_manager_refuses_is_told_and_asked_again() -> None:
    """409 means that it stands elsewhere by now: its words are told."""
    story = guided_run(restore=[asking(HOSTS), BOTH, Choice.SKIP, "refused", asking(HOSTS), BOTH])

    assert heard(story) == [SAID_409]
    assert titles(story, "restore") == ["The manager asks before it goes on"] * 2
    assert follows(story)[1].past is None


def test_an_answer_with_an_unknown_outcome_is_never_sent_again_by_itself() -> None:
    """It may take effect in a moment; if it does not, people are asked anew."""
    prompt = asking(HOSTS)
    story = guided_run(restore=[prompt, BOTH, Choice.SKIP, "unknown", SUCCESS])

    assert len(orders(story)) == 1
    assert follows(story)[1].past == prompt
    assert "may or may not have been obeyed" in heard(story)[0]


def test_an_order_that_was_not_even_claimed_is_told_and_asked_again() -> None:
    """As where a secret leads nowhere."""
    story = guided_run(restore=[asking(HOSTS), BOTH, Choice.SKIP, SILENT, asking(HOSTS), BOTH])

    assert heard(story) == ["The manager does not answer. Check its address."]
    assert len(orders(story)) == 2


# -- what it is about cannot be read ------------------------------------------------------------


def test_resources_that_cannot_be_read_are_told_and_everything_is_looked_at_again() -> None:
    """Somebody may have answered at the manager meanwhile: then that prompt is gone for good."""
    story = guided_run(restore=[asking(HOSTS), SILENT, Choice.RETRY, SUCCESS])

    question = asked(story, "restore")
    assert question.key == "restore:unread:1"
    assert question.title == "What the manager asks about cannot be read"
    assert question.text == (
        "The manager asks: Hosts not found. The list of what it is about could not be read: The "
        "manager does not answer. Check its address. Correct the cause and look again, or answer "
        "on the manager's own page (System > Backup & Restore) and then look again: the run goes "
        "on from wherever it stands."
    )
    assert choices(question) == [Choice.RETRY, Choice.GIVE_UP]
    assert orders(story) == []
    assert story.told["restore"].startswith("The manager says SUCCESS")


# -- unasked ------------------------------------------------------------------------------------

BOTH_LISTED = ("Hosts not found", "Add the other manager nodes")


def test_what_the_configuration_lists_is_gone_on_from_unasked_and_told() -> None:
    """With no resource: it goes on without acting on any."""
    story = guided_run(guided_plan(unasked=BOTH_LISTED), restore=[asking(HOSTS, NODES)])

    assert titles(story, "restore") == []
    assert heard(story) == [
        (
            "The manager asked: Hosts not found, Add the other manager nodes. The configuration "
            "says to go on from that unasked."
        )
    ]
    assert orders(story) == [("advance", (a.Selection("i-1"), a.Selection("i-2")))]


@pytest.mark.parametrize(
    ("unasked", "prompt"),
    [
        ((), asking(HOSTS)),
        (("Hosts",), asking(HOSTS)),
        (("hosts not found",), asking(HOSTS)),
        (("Hosts not found",), asking(HOSTS, NODES)),
        (("Hosts not found", ""), asking()),
        (BOTH_LISTED, asking(HOSTS, offered=("cancel",))),
        (BOTH_LISTED, replace(asking(HOSTS), word="NEW_WORD")),
    ],
    ids=["none", "part of it", "other case", "one of two", "nameless", "not offered", "new word"],
)
def test_all_else_is_asked(unasked: tuple[str, ...], prompt: Reply) -> None:
    """Only exact names, all of them, and only where the manager offers to advance."""
    story = guided_run(guided_plan(unasked=unasked), restore=[prompt])

    assert titles(story, "restore") == ["The manager asks before it goes on"]
    assert heard(story) == []


def test_the_same_prompt_is_gone_on_from_unasked_only_once() -> None:
    """If it is still there, it did not help: people must look."""
    story = guided_run(
        guided_plan(unasked=BOTH_LISTED),
        restore=[asking(HOSTS), "accepted", asking(HOSTS, NODES), BOTH, NOTHING],
    )

    assert len(heard(story)) == 1
    assert titles(story, "restore") == ["The manager asks before it goes on"]


def test_another_prompt_that_is_listed_is_gone_on_from_too() -> None:
    """What counts is the id: of two restores of hosts each is asked once."""
    story = guided_run(
        guided_plan(unasked=BOTH_LISTED),
        restore=[asking(HOSTS), "accepted", asking(replace(HOSTS, id="i-3")), "unknown"],
    )

    assert [answers for _, answers in orders(story)] == [
        (a.Selection("i-1"),),
        (a.Selection("i-3"),),
    ]


def test_nothing_goes_on_unasked_while_somebody_wants_to_suspend_it() -> None:
    """A person's wish is not overruled by the configuration."""
    story = guided_run(
        guided_plan(unasked=BOTH_LISTED),
        restore=[WantsSuspend(), "accepted", asking(HOSTS), BOTH, Choice.SKIP],
    )

    assert titles(story, "restore") == ["The manager asks before it goes on"]
    assert [order for order, _ in orders(story)] == ["suspend", "advance"]


# -- suspended by somebody ----------------------------------------------------------------------


def test_a_wish_to_suspend_is_sent_once() -> None:
    """It stands until people are asked, and the manager ends its step first."""
    story = guided_run(restore=[WantsSuspend(), "accepted", PAUSED, Choice.CONTINUE])

    assert orders(story) == [("suspend", ()), ("advance", ())]
    assert [follow.heeds_suspend for follow in follows(story)] == [True, False, True]


@pytest.mark.parametrize(
    ("outcome", "over"),
    [("refused", True), ("unknown", False), (SILENT, True)],
    ids=["refused", "unknown", "not claimed"],
)
def test_a_wish_to_suspend_that_fails_is_told_and_not_sent_again(
    outcome: Reply,
    over: bool,  # noqa: FBT001
) -> None:
    """The restore just goes on; what surely came to nothing can be wished again."""
    story = guided_run(restore=[WantsSuspend(), outcome])

    assert orders(story) == [("suspend", ())]
    (told,) = [action for action in story.actions if isinstance(action, a.TellPeople)]
    assert told.ends_wish is over
    assert follows(story)[1].heeds_suspend is over
    assert follows(story)[1].past is None


@pytest.mark.parametrize("word", ["SUSPENDED_BY_USER", "SUSPENDED"])
def test_a_suspended_restore_goes_on_when_a_lead_says_so(word: str) -> None:
    """Whoever suspended it; the answer has no item."""
    story = guided_run(restore=[replace(PAUSED, word=word, said="By admin"), Choice.CONTINUE])

    question = asked(story, "restore")
    assert question.title == "The restore is suspended"
    assert question.text == (
        f"The manager stands at step 5 of 11: Restoring Node ({word}) and waits. It says: "
        '"By admin". It goes on when a lead continues.'
    )
    assert choices(question) == [
        Choice.CONTINUE,
        Choice.RETRY,
        Choice.CANCEL,
        Choice.GIVE_UP,
    ]
    assert all(offer.lead_only for offer in question.offers)
    assert orders(story) == [("advance", ())]


def test_a_suspended_restore_that_offers_nothing_can_be_looked_at_again() -> None:
    """F20: neither to go on nor to cancel is offered."""
    story = guided_run(restore=[replace(PAUSED, offered=()), Choice.RETRY])

    assert choices(asked(story, "restore")) == [Choice.RETRY, Choice.GIVE_UP]
    assert orders(story) == []


@pytest.mark.parametrize("offered", [("advance", "cancel"), ("suspend",), ()])
def test_a_run_with_prompts_is_replayed_the_same_way(offered: tuple[str, ...]) -> None:
    """Whatever was offered."""
    story = guided_run(restore=[WantsSuspend(), "accepted", asking(HOSTS, offered=offered), BOTH])

    assert replayed(story) == story.actions
    assert RUNNING.offered == ("suspend",)


def test_a_long_name_stands_in_full_in_the_question_and_begins_its_field() -> None:
    """What is said at its end may matter most, and a field's caption has no room for it."""
    end = "do not go on before vcenter-01 is back."
    long = replace(HOSTS, name="Log in to each of these hosts, and run the script. " * 12 + end)

    for replies in ([BOTH], [NOTHING]):
        assert end in asked(guided_run(restore=[asking(long), *replies]), "restore").text
    (field,) = asked(guided_run(restore=[asking(long), BOTH]), "restore").fields
    assert field.label == "Log in to each of these hosts, and run the script. Log in…"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("These hosts were not found.", "These hosts were not found"),
        ("SIM_NODES: " + "x" * 80, "SIM_NODES…"),
        ("x" * 80, "x" * 59 + "…"),
        ("...", "..."),
        ("Check that every manager\ncan be  reached.", "Check that every manager can be reached"),
    ],
)
def test_a_field_is_called_by_the_beginning_of_its_instruction(name: str, label: str) -> None:
    """In one short line, so that what is chosen can be told behind a colon."""
    (field,) = asked(guided_run(restore=[asking(Instruction("i", name)), BOTH]), "restore").fields

    assert field.label == label


@pytest.mark.parametrize("name", ["Hosts not found", "Run the script on these hosts, then " * 5])
def test_names_that_begin_alike_are_told_apart_by_a_number(name: str) -> None:
    """In the question and in its form."""
    twins = [Instruction(f"i-{end}", name + end) for end in ("", ".")]

    question = asked(guided_run(restore=[asking(*twins), BOTH, BOTH]), "restore")

    assert f"\n• 1. {name.strip()}\n• 2. {name}.\n" in question.text
    assert [field.label[:9] for field in question.fields] == [f"{n}. {name[:6]}" for n in (1, 2)]
    assert all(len(field.label) <= 60 for field in question.fields)


@pytest.mark.parametrize("said", ["Correct it.", "Is it there?", "Correct it!"])
def test_a_sentence_that_has_an_end_gets_no_other(said: str) -> None:
    """The manager's own sentences end as it ends them."""
    text = asked(guided_run(restore=[asking(HOSTS, said=said), BOTH]), "restore").text

    assert f'It says: "{said}"\n' in text


def test_nothing_is_said_of_choosing_where_the_manager_takes_no_answer() -> None:
    """F20: it offers no way to go on."""
    text = asked(
        guided_run(restore=[asking(HOSTS, offered=()), BOTH, Choice.RETRY]), "restore"
    ).text

    assert "See to it first. At this moment it offers no way to go on" in text


def test_many_instructions_are_all_told_and_can_be_answered() -> None:
    """A lead answers for each of them, so each is there to its end."""
    many = [Instruction(f"i{n}", f"Instruction {n}: {'word ' * 50}END{n}") for n in range(12)]

    question = asked(guided_run(restore=[asking(*many), *[NOTHING] * 12]), "restore")

    assert all(f"END{n}" in question.text for n in range(12))
    assert Choice.CONTINUE in choices(question)


@pytest.mark.parametrize("resources", [NOTHING, BOTH], ids=["none", "to choose from"])
def test_what_is_too_long_to_be_read_here_is_not_answered_here(resources: Resources) -> None:
    """The manager's own page has all of it, and takes the answer; then it is looked at again."""
    many = [Instruction(f"i{n}", "word & " * 400) for n in range(12)]
    replies: list[Reply] = [asking(*many), *[resources] * 12, Choice.RETRY, SUCCESS]
    story = guided_run(restore=replies)

    question = asked(story, "restore")
    assert weight(question.text) <= QUESTION_ROOM
    assert re.search(r"… \(\d+ more characters\)\n", question.text)
    assert question.text.endswith(
        "That is not all of it. The whole stands on the manager's own page (System > Backup & "
        "Restore): answer there, then look again. It cannot be answered from here, since nobody "
        "could read here what they answer for."
    )
    assert choices(question) == [Choice.RETRY, Choice.CANCEL, Choice.GIVE_UP]
    assert question.fields == ()
    assert orders(story) == []


def test_a_suspension_that_is_too_long_to_be_read_is_not_ended_from_here_either() -> None:
    """Whatever the manager says of it."""
    said = "&" * 3000

    question = asked(guided_run(restore=[replace(PAUSED, said=said), Choice.RETRY]), "restore")

    assert choices(question) == [Choice.RETRY, Choice.CANCEL, Choice.GIVE_UP]


# -- resources that cannot be told apart --------------------------------------------------------

NAMELESS = Resource("", "FabricNode", "esx-09", ("esx-09", "192.0.2.79"))


def test_a_resource_without_an_id_is_told_and_cannot_be_chosen() -> None:
    """The manager would not know which is meant, and refuses the whole answer for it."""
    found = Resources((NAMELESS, ESX_7, replace(NAMELESS, id=" ", name="", shown=()), ESX_8))
    filled = Fills(Choice.CONTINUE, {"1:i-1": ("esx-7",)})
    story = guided_run(restore=[asking(HOSTS), found, filled])

    question = asked(story, "restore")
    assert [option.value for option in question.fields[0].options] == ["esx-7", "esx-8"]
    assert (
        "• Hosts not found (the manager calls what can be done: RESOLVE)\n"
        "It is also about what cannot be chosen, since the manager gives it no id: esx-09 "
        "(192.0.2.79, FabricNode), FabricNode.\n"
    ) in question.text
    assert orders(story) == [("advance", (a.Selection("i-1", ESX_7_ALONE),))]


def test_where_no_resource_has_an_id_there_is_no_form() -> None:
    """And nothing of them is sent."""
    found = Resources((NAMELESS, NAMELESS, Resource("", "", "")))
    story = guided_run(restore=[asking(HOSTS), found])

    question = asked(story, "restore")
    assert question.fields == ()
    assert "no id: esx-09 (192.0.2.79, FabricNode), esx-09 (192.0.2.79, FabricNode), one" in (
        question.text
    )
    assert orders(story) == [("advance", (a.Selection("i-1"),))]


def test_of_resources_with_the_same_id_one_is_offered_and_one_is_sent() -> None:
    """The first; the manager refuses an id that comes twice."""
    found = Resources((ESX_7, replace(ESX_7, name="esx-7b"), ESX_8))
    filled = Fills(Choice.CONTINUE, {"1:i-1": ("esx-7",)})
    story = guided_run(restore=[asking(HOSTS), found, filled])

    (field,) = asked(story, "restore").fields
    assert [option.label for option in field.options] == ["esx-07", "esx-08"]
    assert orders(story) == [("advance", (a.Selection("i-1", ESX_7_ALONE),))]


def test_an_order_says_what_it_answers() -> None:
    """So that it is not sent to a restore that stands elsewhere by then."""
    first = asking(HOSTS)
    story = guided_run(restore=[first, BOTH, Choice.SKIP])

    (order,) = [action for action in story.actions if isinstance(action, a.SendOrder)]
    assert order.status == first


@pytest.mark.parametrize("status_now", [asking(HOSTS), PAUSED], ids=["asks", "suspended"])
def test_what_was_answered_on_the_managers_page_is_looked_at_again(
    status_now: RestoreStatus,
) -> None:
    """And without an order."""
    replies: list[Reply] = [status_now]
    if status_now.instructions:
        replies.append(BOTH)
    story = guided_run(restore=[*replies, Choice.RETRY])

    assert orders(story) == []
    assert isinstance(story.end, a.Succeeded)


@pytest.mark.parametrize("word", ["SUSPENDED_BY_USER", "SUSPENDED"])
def test_nothing_goes_on_unasked_from_a_suspension_by_somebody(word: str) -> None:
    """A word of 2.2 says both, so people are asked; see `advance_unasked`."""
    plan = guided_plan(unasked=(HOSTS.name,))
    story = guided_run(plan, restore=[replace(asking(HOSTS), word=word), BOTH])

    assert asked(story, "restore").title == "The manager asks before it goes on"


def test_instructions_with_the_same_id_are_asked_and_answered_each() -> None:
    """Or with none; the form tells them apart by their place."""
    twins = (replace(HOSTS, id=""), replace(NODES, id=""))
    filled = Fills(Choice.CONTINUE, {"1:": (), "2:": ("esx-7",)})
    story = guided_run(restore=[asking(*twins), BOTH, BOTH, filled])

    assert [field.key for field in asked(story, "restore").fields] == ["1:", "2:"]
    assert orders(story) == [("advance", (a.Selection(""), a.Selection("", ESX_7_ALONE)))]
