"""Looks of the widgets on a static page; its colours are defined in the template."""

from dashboard.widgets.theme import soft

COUNTERS_STYLE = """
:host { color: var(--mui-palette-text-primary); }
:host > div { width: 100%; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr));
     gap: 8px 16px; margin: 0; }
dt { color: var(--mui-palette-text-secondary); font-size: 12px; }
dd { margin: 0; font-size: 17px; font-weight: 700; font-variant-numeric: tabular-nums; }
"""

#: A pressed button has a mark, not only another colour.
SWITCH_STYLE = f"""
.bk-btn {{ font-size: 13px; height: 28px; padding: 0 12px; border-radius: 14px;
          background: var(--mui-palette-background-paper) !important;
          color: var(--mui-palette-text-secondary) !important; box-shadow: none !important;
          border: 1px solid var(--mui-palette-divider) !important; }}
.bk-btn:hover {{ border-color: var(--mui-palette-primary-main) !important; }}
.bk-btn.bk-active::before {{ content: "✓ " / ""; }}
.bk-btn.bk-active {{ background: {soft()} !important; font-weight: 600;
                    border-color: transparent !important;
                    color: var(--mui-palette-primary-main) !important; }}
.bk-btn:focus-visible {{ outline: 2px solid var(--mui-palette-primary-main) !important; }}
"""

_NAMES = {
    "slower": "Slower",
    "first": "First moment",
    "previous": "Previous moment",
    "reverse": "Play backwards",
    "pause": "Pause",
    "play": "Play",
    "next": "Next moment",
    "last": "Last moment",
    "faster": "Faster",
}
#: The player's buttons show icons only: screen readers get names from these styles. The player
#: marks a pressed button by the style of its border.
PLAYER_STYLE = """
input { accent-color: var(--mui-palette-primary-main); }
button { position: relative; min-height: 34px; border-radius: 8px !important;
         border: 1px solid var(--mui-palette-divider) !important;
         background: none; color: var(--mui-palette-text-primary); }
button:hover { border-color: var(--mui-palette-primary-main) !important; }
button[style*="inset"] { background: var(--mui-palette-primary-main);
                         color: var(--mui-palette-primary-contrastText); }
button:focus-visible { outline: 2px solid var(--mui-palette-primary-main); outline-offset: 1px; }
button::after { position: absolute; width: 1px; height: 1px; overflow: hidden;
                clip-path: inset(50%); }
""" + "".join(f'.{style}::after {{ content: "{name}"; }}\n' for style, name in _NAMES.items())

TABS_STYLE = """
.bk-tab { font-size: 13px; color: var(--mui-palette-text-primary) !important;
          background: none !important; border: none !important;
          border-bottom: 2px solid transparent !important; }
.bk-tab.bk-active { border-bottom-color: var(--mui-palette-primary-main) !important; }
"""
