"""`GridWorldDashboard`: the whole dashboard, as a component."""

from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from bokeh.events import ClientReconnected
from panel.viewable import Viewer

from dashboard import compat
from dashboard.compat.documents import forget_toasts, ignore_busy, prepare, say_loaded
from dashboard.controls.share import Share
from dashboard.controls.sidebar import Controls
from dashboard.editor.editor import MapEditor
from dashboard.page_body import TrainingPanel
from dashboard.rooms.preparation import preparation
from dashboard.rooms.registry import Membership, RegistryError, lobby
from dashboard.rooms.room import Room
from dashboard.session.entry import enter_room, lead_on
from dashboard.session.notebook import NotebookRow
from dashboard.session.processes import ProcessesNote, are_several
from dashboard.session.runner import Runner
from dashboard.session.toasts import toast
from dashboard.session.url import UrlSync, names_by_owner, tell
from dashboard.session.view import View
from dashboard.views.settings import SettingsView
from dashboard.views.status import StatusView
from gridworld import GridWorldConfig, Snapshot, Status, Trainer

TITLE = "GridWorld Dashboard"
_ICON = Path(__file__).with_name("icon.svg")

_WATCHING = "You are watching this training. It is run by those who have its controlling link."

#: Names for what the template leaves without one, and a first heading.
_NAMES = {
    "components": {
        "MuiLinearProgress": {"defaultProps": {"aria-label": "Server at work"}},
        "MuiDrawer": {"defaultProps": {"slotProps": {"paper": {"aria-label": "Settings"}}}},
        "MuiTypography": {"defaultProps": {"variantMapping": {"h3": "h1", "h5": "div"}}},
    }
}


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
        preparation().begin()
        if trainer is not None and parameters:
            raise TypeError("GridWorldDashboard takes a trainer or parameters, not both")
        world_config = None if trainer else GridWorldConfig(**parameters)
        own_room = Room(world_config, trainer=trainer)
        self._document = pn.state.curdoc
        prepare(self._document)
        self._membership = enter_room(self._document, own_room)
        self.room = self._membership.room if self._membership else own_room
        self.runner = Runner(self.room, self._on_status)
        self._editor: MapEditor | None = None
        self._main = pn.Column(sizing_mode="stretch_width", margin=(8, 12))
        if self._membership is None or self._membership.in_control:
            before = own_room if self.room is not own_room else None
            self._let_control(before)
        else:
            self._let_watch(self._membership)
        self._dark = False
        self._training_panel: TrainingPanel | None = None
        pn.state.onload(self._on_load)
        self._page: pmui.Page | None = None
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
        self._status = StatusView(room.snapshot, lambda: room.preparing)
        self._controls = controls = Controls(room, self.runner)
        self._editor = MapEditor(
            room.world_config, lambda: room.locked, self._on_draft, self.runner.subscriptions.watch
        )
        self._sidebar = controls.sidebar
        self._views: tuple[View, ...] = (self._status, controls, self._editor, address)
        self._main.append(controls.bar)
        if self._membership is not None:
            share = Share(self._membership, lambda: address.query)
            for owner, names in names_by_owner(room).items():
                watch(owner, names, share.refresh)
            controls.buttons.extend([share.button, share.count])
            self._main.append(share.links)
            self._views += (share,)
            if are_several():
                self._show_note(ProcessesNote(lambda: address.leads_elsewhere))
        pn.state.onload(controls.set_ready)  # before the pictures: they take their time

    def _let_watch(self, membership: Membership) -> None:
        """Makes a page that has nothing on it with which to change the training."""
        self._status = StatusView(self.room.snapshot, lambda: self.room.preparing)
        settings = SettingsView(self.room, self.runner.subscriptions.watch)
        share = Share(membership)
        self._sidebar = settings.panel
        self._views = (self._status, settings, share)
        self._main.append(pn.Row(pn.pane.HTML(_WATCHING, margin=(10, 8)), share.count))
        if are_several():
            self._show_note(ProcessesNote())

    def _show_note(self, note: ProcessesNote) -> None:
        self._views += (note,)
        self._main.append(note.panel)

    def __panel__(self) -> pn.viewable.Viewable:
        """The dashboard inside another page or a notebook."""
        row = NotebookRow(
            pn.Column(self._status.panel, self._sidebar, width=320),
            self._main,
            tick=self.runner.tick,
            period=lambda: self.room.pace.period,
            sizing_mode="stretch_width",
        )
        if pn.state.curdoc is None:
            self.runner.one_message = row.one_message
        return row

    def page(self) -> pmui.Page:
        """The dashboard as a page of its own."""
        # A phone's sidebar covers the page: there it begins closed. The server learns of the
        # width once the page has loaded.
        width = pmui.BreakpointSwitcher(breakpoint="sm", small=pn.Spacer(), large=pn.Spacer())
        self._status.panel.styles = {"color": "#ffffff"}  # on the header's blue
        page = _page_on_its_own(
            title=TITLE,
            site_url="",
            header=[pn.HSpacer(), self._status.panel],
            sidebar=[self._sidebar],
            main=[self._main, width],
            sidebar_width=320,
            sidebar_resizable=False,
            theme_config=_NAMES,
        )

        def close_sidebar(*_: Any) -> None:
            if width.current is width.small:
                page.sidebar_open = False

        def once_loaded() -> None:  # what is set before does not reach the browser
            width.param.watch(close_sidebar, "current")
            close_sidebar()

        pn.state.onload(once_loaded)
        self._page = page
        page.param.watch(lambda event: self._set_dark(event.new), "dark_theme")
        return page

    def _set_dark(self, dark: bool) -> None:
        self._dark = dark
        if self._training_panel is not None:
            self._training_panel.grid.set_dark(dark)

    def _on_load(self) -> None:
        # Start can be pressed sooner for it, and the pictures come no later.
        panel = self._training_panel = TrainingPanel(self.room, self.runner, self._editor)
        panel.grid.set_dark(self._dark)
        self.runner.views = (*self._views, *panel.views)
        self._main.append(panel.panel)
        self.runner.start()

    def _on_reconnected(self, _: Any) -> None:
        if self._training_panel is not None:
            self._training_panel.renew()
        say_loaded(self._document)

    def _on_draft(self, _: str | None, problem: str | None) -> None:
        """Shows a map that is being drawn; one that cannot be played is not to be started."""
        with self.runner.one_message():
            self._controls.hold(problem)
            if self._training_panel is not None:
                self._training_panel.mark.update(self.room.snapshot)

    def _on_status(self, snapshot: Snapshot) -> None:
        rate = snapshot.success_rate
        match snapshot.status:
            case Status.FINISHED:
                how = "The policy has stayed optimal" if snapshot.converged else "Training complete"
                toast(
                    "success",
                    f"{how}: {snapshot.episode:,} episodes, "
                    f"{snapshot.total_steps:,} steps, {self.room.seconds:.1f} seconds, "
                    f"success rate {rate:.0%}",
                )
            case Status.STOPPED:
                toast("info", f"Stopped at episode {snapshot.episode:,}")
            case Status.FAILED:
                toast("error", "Training failed. What was learned so far is still shown.")

    def _close(self, _: Any) -> None:
        self.runner.close()
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
    try:
        return pn.Row() if lead_on(pn.state.curdoc) else GridWorldDashboard().page()
    except RegistryError as error:
        return _page_on_its_own(title=TITLE, main=[pn.pane.HTML(f"<p>{error}</p>", margin=24)])
