"""Text between Slack and customers: nothing internal leaks one way, nobody is called the other way."""

import pytest

from server.desk.slack.words import calm, cut, escaped, pieces, plain

_SPOKEN = [
    ("Hello <@U123ABC>, your parcel left", "Hello, your parcel left"),
    ("ask <@U1|kim> or <!subteam^S1|@team> in <#C9|returns-internal>", "ask or in"),
    ("<!here> <!channel> hi", "hi"),
    ("see <https://shop.example/a?b=1&amp;c=2|our page>", "see https://shop.example/a?b=1&c=2"),
    ("<https://shop.example>", "https://shop.example"),
    ("write to <mailto:help@shop.example|help@shop.example> or <tel:+14025550100|call>", "write to help@shop.example or +14025550100"),
    ("5 &lt; 6 &amp;&amp; 7 &gt; 2 &amp;lt;", "5 < 6 && 7 > 2 &lt;"),
    ("that is *very* _kind_, ~not~ `code`", "that is very kind, not code"),
    ("2*3*4 and my_file_name stay", "2*3*4 and my_file_name stay"),
    ("```\nline 1\nline 2\n```", "line 1\nline 2"),
    (":tada: done :thumbsup:", "🎉 done 👍"),
    (":+1::skin-tone-3:", "👍🏼"),
    ("at 10:30:45 it left", "at 10:30:45 it left"),
    ("a\x00b", "ab"),
    ("<!date^1392734382^{date}|18 February>", "18 February"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "read"), _SPOKEN)
def test_an_agents_words_are_plain_text_for_the_customer(typed: str, read: str) -> None:
    """Item 97: raw user ids, links and internal names were shown to customers."""
    assert plain(typed) == read


def test_emoji_come_from_the_messages_own_blocks() -> None:
    blocks = [
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "emoji", "name": "flag-de", "unicode": "1f1e9-1f1ea"},
                        {"type": "emoji", "name": "our-logo"},
                    ],
                }
            ],
        }
    ]
    assert plain("made in :flag-de: :our-logo:", blocks) == "made in 🇩🇪"
    assert plain("no :such-thing: here") == "no :such-thing: here"


@pytest.mark.parametrize(
    "bad", [None, "x", [1, {"elements": [[], {"type": "emoji", "unicode": "zz"}]}], {"elements": 7}]
)
def test_strange_blocks_do_no_harm(bad: object) -> None:
    assert plain("hi :tada:", bad) == "hi 🎉"


@pytest.mark.parametrize("hostile", ["<!channel>", "<!here|x>", "<@U1>", "<#C1>", "@channel", "@HERE now", "@everyone"])
def test_a_customer_calls_nobody(hostile: str) -> None:
    assert hostile not in calm(hostile)
    assert calm(hostile).replace("\u2060", "") == hostile
    assert "<" not in escaped(hostile)


def test_a_customers_words_are_no_markup() -> None:
    assert escaped("<https://evil.example|Your bank> & *bold*").replace("\u2060", "") == (
        "&lt;https://evil.example|Your bank&gt; &amp; *bold*"
    )
    assert "*bold*" not in escaped("*bold*")


def test_long_text_is_cut_or_goes_in_pieces_without_loss() -> None:
    text = "one two three\n" * 500
    parts = pieces(text, 3000)
    assert "".join(parts) == text
    assert max(map(len, parts)) <= 3000
    assert pieces("x" * 7000, 3000) == ["x" * 3000, "x" * 3000, "x" * 1000]
    assert cut("abcdef", 4) == "abc…"
