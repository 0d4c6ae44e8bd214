"""Greetings, thanks and goodbyes: short, warm, and never in the way of what the customer came for."""

from server.answering.context import Option
from server.answering.turn import Turn


def reply(turn: Turn) -> None:
    """Answer a message that is nothing but a courtesy."""
    intent = turn.understood.intent
    if intent == "greeting":
        key = "courtesy.again" if turn.dialogue.introduced else "courtesy.hello"
        turn.say(key, shop=turn.context.shop.name, assistant=turn.context.shop.assistant)
        turn.dialogue.introduced = True
        turn.options = starters(turn)
    elif intent == "thanks":
        turn.say("courtesy.welcome")
    else:
        turn.say("courtesy.bye", shop=turn.context.shop.name)


def starters(turn: Turn) -> list[Option]:
    """What a customer may begin with."""
    return [
        turn.option("choice.order_status", "do:order_status"),
        turn.option("choice.start_return", "do:return"),
        turn.option("choice.human", "human"),
    ]


def open_with_feeling(turn: Turn) -> None:
    """One short word of regret when somebody is upset, once a thread."""
    is_complaint = any(each.name == "complaint" for each in turn.understood.intents) and not turn.understood.abstain
    if (turn.understood.frustration >= 1 or is_complaint) and "sorry" not in turn.dialogue.refused:
        turn.dialogue.refused.append("sorry")
        turn.say("courtesy.sorry")
