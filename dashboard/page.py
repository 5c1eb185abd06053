"""`GridWorldDashboard`: the whole dashboard, as a component."""

from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from bokeh.events import ClientReconnected
from bokeh.themes import Theme
from panel.viewable import Viewer

from dashboard import compat
from dashboard.compat.documents import forget_toasts, ignore_busy, prepare, say_loaded
from dashboard.controls.files import FilesPanel
from dashboard.controls.header import Header, ToggleButton, as_header_button
from dashboard.controls.settings import Settings
from dashboard.controls.share import Share
from dashboard.controls.sheets import Sheets
from dashboard.controls.transport import BAR, Transport
from dashboard.editor.editor import MapEditor
from dashboard.page_body import TrainingPanel
from dashboard.rooms.environments import offer_environments
from dashboard.rooms.look import Look
from dashboard.rooms.preparation import preparation
from dashboard.rooms.registry import Membership, RegistryError, lobby
from dashboard.rooms.room import Room
from dashboard.session.entry import enter_room, lead_on
from dashboard.session.mounting import Mounting
from dashboard.session.notebook import NotebookRow
from dashboard.session.processes import ProcessesNote, are_several
from dashboard.session.runner import Runner
from dashboard.session.toasts import toast
from dashboard.session.url import UrlSync, names_by_owner, tell
from dashboard.session.view import View
from dashboard.views.ask import AskView
from dashboard.views.progress import ProgressView
from dashboard.views.sentence import context_of
from dashboard.views.settings import SettingsView
from dashboard.widgets.layout import BODY, BODY_IN_CELL, EDITED, LINE, SIDE, toggle
from dashboard.widgets.theme import CARD, THEME, VARIABLES
from dashboard.words.asking import WHY
from dashboard.words.sentence import ending_of
from gridworld import GridWorldConfig, Snapshot, Trainer

TITLE = "GridWorld Dashboard"
_ICON = Path(__file__).with_name("icon.svg")

#: The page's Material theme leaves those parts of plots as they are that a theme of Bokeh names.
_OWN_LOOK = Theme(json={"attrs": {"Axis": {}, "Grid": {}, "Plot": {}}})

#: Time that a browser has to draw the buttons before it gets the pictures, in milliseconds.
_BUTTONS_MILLISECONDS = 100

_WATCHING = "You are watching this training. It is run by those who have its controlling link."


class GridWorldDashboard(Viewer):
    """Set up a grid world, train an agent on it and watch it learn.

    Example:
        >>> GridWorldDashboard(level="hard").servable()

    Args:
        trainer: A trainer to show and to follow while it is stepped from elsewhere.
        **parameters: Parameters of `gridworld.GridWorldConfig`, in place of a trainer.

    Attributes:
        room: The training that is shown.

    Raises:
        ValueError: If a parameter's value is not allowed.
        TypeError: If both a trainer and parameters are given.
    """

    def __init__(self, trainer: Trainer | None = None, **parameters: Any) -> None:
        super().__init__()
        compat.install()
        offer_environments()  # before what shows the levels is made
        preparation().begin()
        if trainer is not None and parameters:
            raise TypeError("GridWorldDashboard takes a trainer or parameters, not both")
        world_config = None if trainer else GridWorldConfig(**parameters)
        own_room = Room(world_config, trainer=trainer)
        self._document = pn.state.curdoc
        prepare(self._document)
        self._membership = enter_room(self._document, own_room)
        self.room = self._membership.room if self._membership else own_room
        self.runner = Runner(self.room, self._on_status, self._on_connection)
        self._editor: MapEditor | None = None
        self._share: Share | None = None
        self._transport: Transport | None = None
        self._training_panel: TrainingPanel | None = None
        self._ask: AskView | None = None
        self._page: pmui.Page | None = None
        self._dark = False
        self._mounting = Mounting(self._document)
        pn.state.onload(self._mounting.begin)  # before anything on the page changes
        self._body = pn.Column(stylesheets=[BODY], margin=0, name="body")
        self._bar: list[Any] = []
        self._look = self._membership.entry.look if self._membership else Look()
        self.header = Header(self.room, self.runner)
        self._views: tuple[View, ...] = (self.header,)
        if self._membership is None or self._membership.in_control:
            before = own_room if self.room is not own_room else None
            self._let_control(before)
        else:
            self._let_watch(self._membership)
        self._add_sheets()
        self.header.objects.insert(
            0,
            ToggleButton(
                "settings",
                self._toggle_settings,
                bare=True,
                label="Settings",
                hint="Show or hide the settings.",
            ),
        )
        pn.state.onload(self._on_load)
        if self._membership is not None:
            pn.state.on_session_destroyed(self._close)
            # Panel 1.9 does not tell a session that it is loaded which was made anew for a
            # page that was there before.
            self._document.on_event(ClientReconnected, self._on_reconnected)

    def _let_control(self, before: Room | None) -> None:
        """Makes a page that controls the training."""
        room, watch = self.room, self.runner.subscriptions.watch
        key = self._membership.entry.control_key if self._membership else None
        address = UrlSync(room, before, key)  # before anything is drawn
        complaints = address.complaints
        if self._membership is not None:
            complaints += self._membership.entry.news
            self._membership.entry.news = []
        # Panel 1.10 mixes up the order of several toasts that are shown while a page loads.
        self.runner.do_later(lambda: tell(complaints))
        self._editor = editor = MapEditor(
            room.world_config, lambda: room.locked, self._on_draft, watch
        )
        self._transport = transport = Transport(room, self.runner, lambda: editor.problem)
        self._settings = settings = Settings(room, self.runner)
        self._bar = [transport.panel]
        self._side = pn.Column(settings.panel, editor.panel, stylesheets=[CARD, SIDE], margin=0)
        self.header.add_level()
        self.header.add(editor.switch)
        editor.param.watch(lambda event: self._on_editing(event.new), "editing")
        self._views += (transport, transport.progress, settings, editor, address)
        if self._membership is not None:
            self._share = share = Share(self._membership, lambda: address.query)
            for owner, names in names_by_owner(room).items():
                watch(owner, names, share.refresh)
            self._views += (share,)
            if are_several():
                self._show_note(ProcessesNote(lambda: address.leads_elsewhere))

        def set_ready() -> None:
            self.header.set_ready()
            transport.set_ready()

        pn.state.onload(set_ready)  # before the pictures: they take their time

    def _let_watch(self, membership: Membership) -> None:
        """Makes a page that has nothing on it with which to change the training."""
        settings = SettingsView(self.room, self.runner.subscriptions.watch)
        self._share = share = Share(membership)
        progress = ProgressView(self.room.snapshot)
        self._bar = [
            pn.Row(
                pn.pane.HTML(_WATCHING, margin=(0, 14)),
                progress.panel,
                stylesheets=[BAR],
                sizing_mode="stretch_width",
            )
        ]
        self._side = pn.Column(settings.panel, stylesheets=[CARD, SIDE], margin=0)
        self._views += (settings, progress, share)
        if are_several():
            self._show_note(ProcessesNote())

    def _add_sheets(self) -> None:
        """Adds to the header what opens the files and the answers."""
        in_control = self._editor is not None
        self._sheets = sheets = Sheets(lambda: self.room.snapshot)

        def make_files() -> tuple[View, Any]:
            files = FilesPanel(self.room, self.runner, can_upload=in_control)
            return files, files.panel

        def make_answers() -> tuple[View, Any]:
            answers = self._answers()
            return answers, answers.panel

        def unmark() -> None:
            if self._training_panel is not None:
                self._training_panel.mark_answer(None)

        files = sheets.add("Save", "files", "Take the run away, or bring one back.", make_files)
        ask = sheets.add(
            "Ask", "ask", "Questions, answered of the run that is shown.", make_answers, unmark
        )
        self.header.add(pn.HSpacer())
        if self._share is not None:
            self.header.add(self._share.count)
            if in_control:
                self.header.add(as_header_button(self._share.button, "share"))
        self.header.add(files.button, ask.button)
        if self._share is not None and in_control:
            share = self._share
            sheets.add_other(share.button, share.panel)
        if self._transport is not None:
            sheets.add_other(self._transport.more, self._transport.menu)
        self._over = [files.panel, ask.panel]
        if self._share is not None and in_control:
            self._over.append(self._share.panel)
        self._views += (sheets,)

    def _answer_why(self) -> None:
        """Opens the answer that says why the sentence judges as it does."""
        self._answers().ask(WHY)  # before the browser draws it: meanwhile a change would be lost
        self._sheets.open("Ask")

    def _answers(self) -> AskView:
        """The answers; made when they are first asked for."""
        if self._ask is None:
            panel = self._show_pictures()
            self._ask = AskView(self.room.snapshot, panel.context, self.runner.one_message)
            self._ask.on_mark(panel.mark_answer)
        return self._ask

    def _show_note(self, note: ProcessesNote) -> None:
        self._views += (note,)
        self._bar.append(note.panel)

    def __panel__(self) -> pn.viewable.Viewable:
        """The dashboard inside another page or a notebook."""
        self._body.stylesheets = [BODY, BODY_IN_CELL]
        row = NotebookRow(
            pn.Column(
                pn.Row(*self.header.objects, sizing_mode="stretch_width", stylesheets=[LINE]),
                *self._bar,
                self._body,
                *self._over,
                margin=0,
            ),
            tick=self.runner.tick,
            period=lambda: self.room.pace.period,
            stylesheets=[VARIABLES],
        )
        if pn.state.curdoc is None:
            self.runner.one_message = row.one_message
        return row

    def page(self) -> pmui.Page:
        """The dashboard as a page of its own."""
        if self._transport is not None:
            self.header.add_skip(self._transport.focus)
        if self._document is not None:
            self._document.theme = _OWN_LOOK
        page = _page_on_its_own(
            title="",
            meta_title=TITLE,
            header=self.header.placed(),
            main=[*self._bar, self._body, *self._over],
            theme_config=THEME,
            dark_theme=bool(self._look.dark),
        )
        self._page, self._dark = page, page.dark_theme
        if (toasts := pn.state.notifications) is not None:
            toasts.theme_config = THEME
        page.param.watch(lambda event: self._set_dark(event.new), "dark_theme")
        return page

    def _make_preference(self, page: pmui.Page) -> pmui.BreakpointSwitcher:
        """Has a page take the theme that the person prefers everywhere, which the browser tells."""
        preference = pmui.BreakpointSwitcher(
            media_query="(prefers-color-scheme: dark)",
            small=pn.Spacer(),
            large=pn.Spacer(),
            visible=False,
        )

        def follow(event: param.parameterized.Event) -> None:
            if self._look.dark is None:
                page.dark_theme = event.new is preference.large

        preference.param.watch(follow, "current")
        return preference

    def _toggle_settings(self) -> None:
        toggle(self._side)
        toggle(self._body)

    def _on_editing(self, editing: bool) -> None:
        """Shows the tools of the map where the settings are."""
        self._settings.panel.visible = not editing
        for layout in (self._side, self._body):
            toggle(layout, EDITED)

    def _set_dark(self, dark: bool) -> None:
        self._dark = dark
        self._look.keep(dark=dark)
        if self._training_panel is not None:
            self._training_panel.set_dark(dark)

    def _on_load(self) -> None:
        """Has the pictures come when the browser has drawn the buttons, which are pressed first."""
        document = self._document
        if document is None or document.session_context is None:
            self._show_pictures()
            return

        async def show() -> None:  # Bokeh 3.10 would run it in a thread if it were not async
            self._show_pictures()

        document.add_timeout_callback(show, _BUTTONS_MILLISECONDS)

    def _show_pictures(self) -> TrainingPanel:
        """Makes the pictures, if nobody asked for what needs them before their time."""
        if self._training_panel is not None:
            return self._training_panel
        panel = self._training_panel = TrainingPanel(
            self.room, self.runner, self._editor, self._look, self._answer_why
        )
        panel.set_dark(self._dark)
        self.runner.views = (*self._views, *panel.views)
        parts = [self._side, *panel.columns]
        if self._page is not None and self._look.dark is None:
            parts.append(self._make_preference(self._page))
        # All at once: the whole page is laid out anew at each change of what is on it.
        self._body.objects = parts
        self._mounting.begin()
        self.runner.start()
        return panel

    def _on_reconnected(self, _: Any) -> None:
        self._mounting.begin()  # the browser draws all of it anew
        if self._training_panel is not None:
            self._training_panel.renew()
        say_loaded(self._document)

    def _on_draft(self, _: str | None, problem: str | None) -> None:
        """Shows a map that is being drawn; one that cannot be played is not to be started."""
        with self.runner.one_message():
            if self._transport is not None:
                self._transport.update(self.room.snapshot)
            if self._training_panel is not None:
                self._training_panel.show_draft(self.room.snapshot)

    def _on_status(self, snapshot: Snapshot) -> None:
        if ending := ending_of(snapshot, self.room.seconds, context_of(self.room)):
            toast(ending.kind, ending.text)

    def _on_connection(self, connected: bool) -> None:
        """Has the other pages count this one no more while its connection is cut."""
        if self._membership is not None:
            lobby().note_connection(self._membership.page, connected)

    def _close(self, _: Any) -> None:
        self.runner.close()
        self._mounting.close()
        if self._membership is not None:
            lobby().leave(self._membership.page)
        forget_toasts(self._document)
        if self._page is not None:
            # The server's state goes on referring to the page: let it be an empty one.
            self._page.param.watchers = {}
            with param.parameterized.discard_events(self._page):
                self._page.param.update(header=[], sidebar=[], main=[])


def _page_on_its_own(**params: Any) -> pmui.Page:
    """A page that does not follow whether the server is busy with any other one."""
    page = pmui.Page(busy_indicator=None, favicon=_ICON, **params)
    ignore_busy(page)
    return page


def make_page() -> pn.viewable.Viewable | pmui.Page:
    """The dashboard as a page; or in words, why there is none."""
    offer_environments()  # a link may choose one
    try:
        return pn.Row() if lead_on(pn.state.curdoc) else GridWorldDashboard().page()
    except RegistryError as error:
        return _page_on_its_own(title=TITLE, main=[pn.pane.HTML(f"<p>{error}</p>", margin=24)])
