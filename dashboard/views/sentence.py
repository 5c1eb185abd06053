"""The sentence that says what is going on, as a card."""

from collections.abc import Callable

from dashboard.rooms.room import Room
from dashboard.views.colours import AGENT
from dashboard.widgets.layout import overlaid_pane
from dashboard.widgets.markup import Markup
from dashboard.widgets.theme import soft
from dashboard.words.facts import Context
from dashboard.words.sentence import sentence_of
from gridworld import Snapshot

_STYLE = f"""
:host {{ color: var(--mui-palette-text-primary); font-size: 14px; line-height: 1.45; }}
:host > div {{ box-sizing: border-box; width: 100%; }}
p {{ position: relative; margin: 0; padding: 10px 14px 10px 33px; height: 81px; overflow: auto;
     box-sizing: border-box; border-radius: 12px;
     background: {soft()}; }}
p::before {{ content: ""; position: absolute; left: 14px; top: 16px; width: 9px; height: 9px;
             border-radius: 50%; background: {AGENT}; }}
b.good {{ color: var(--mui-palette-success-main); }}
.brief {{ display: none; }}
@media (max-width: 600px) {{
  p {{ padding: 4px 12px 4px 27px; height: 28px; line-height: 20px; border-radius: 8px;
       white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }}
  p::before {{ left: 10px; top: 10px; }}
  .brief {{ display: inline; }}
  .whole {{ display: none; }}
}}
"""
# Screen readers are told the word and the news when they change, and are not told the rest twice a
# second.
_WORD_STYLE = """
:host { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
        white-space: nowrap; }
"""


class SentenceView:
    """One sentence on what goes on; its first word is the status, which is read out.

    Args:
        snapshot: The run.
        context: Returns what the words need beside a snapshot.

    Attributes:
        word: The status, for screen readers.
        news: Whatever changes what Start does, for them too.
        div: The sentence.
        panel: All three as they are placed on the page.
    """

    min_interval = 0.5

    def __init__(self, snapshot: Snapshot, context: Callable[[], Context] = Context) -> None:
        self._context = context
        self.word = Markup(stylesheets=[_WORD_STYLE], name="status")
        self.news = Markup(stylesheets=[_WORD_STYLE], name="news")
        self.div = Markup.wide("sentence", _STYLE)
        self.panel = overlaid_pane(self.word.model, self.news.model, self.div.model)
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Writes what has changed."""
        sentence = sentence_of(snapshot, self._context())
        self.word.text = f'<span role="status" aria-label="Status">{sentence.word}</span>'
        self.news.text = f'<span role="status" aria-label="News">{sentence.news}</span>'
        self.div.text = (
            f'<p><b aria-hidden="true">{sentence.word}</b><span class="whole">. {sentence.html}'
            f'</span><span class="brief">, {sentence.brief}</span></p>'
        )


def context_of(room: Room, problem: str | None = None) -> Context:
    """What the words about a training need beside its snapshot.

    Args:
        room: The training.
        problem: Why the map that is drawn cannot be played; None if it can.
    """
    with room.lock:
        return Context(
            problem=problem,
            settings_changed=room.settings_changed,
            preparing=room.preparing,
            until=room.until,
            world=room.trainer.world,
            initial_q=room.trainer.origin.first_q,
        )
