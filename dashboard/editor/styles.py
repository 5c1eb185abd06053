"""How the map editor looks: stylesheets and styles for its widgets."""

from typing import Any

from dashboard.widgets import icons
from dashboard.widgets.theme import ON_PHONE, soft

WHOLE_WIDTH: dict[str, Any] = {
    "margin": 0,
    "max_width": None,
    "sizing_mode": "stretch_width",
    "styles": {"min-width": "0"},
}
SHARE = {"flex": "1 1 0", "min-width": "0"}
GROWS = {"flex": "1 1 auto"}
SPACED = {"gap": "8px"}
FOCUS = "outline: 2px solid var(--mui-palette-primary-main) !important; outline-offset: 1px;"
PANEL = ":host { box-sizing: border-box; padding: 12px; }"
TITLE = """
h2 { margin: 0; font-size: 16px; line-height: 32px; font-weight: 700;
     color: var(--mui-palette-text-primary); }
h3 { margin: 0; font-size: 12px; font-weight: 700; letter-spacing: 0.06em;
     text-transform: uppercase; color: var(--mui-palette-text-secondary); }
"""
SAID = """
p { margin: 4px 0 0; min-height: 18px; font-size: 12px; line-height: 18px;
    color: var(--mui-palette-text-secondary); }
"""
LINE = f"""
p {{ margin: 10px 0 0; padding: 8px 10px; border-radius: 8px; font-size: 14px; line-height: 20px;
    color: var(--mui-palette-text-secondary); background: {soft()}; }}
"""
BUTTON = f"""
.bk-btn {{ height: 34px; padding: 0 10px !important; border-radius: 8px !important;
          font-size: 14px !important; line-height: 20px; }}
.bk-btn:focus-visible {{ {FOCUS} }}
"""
NUMBER = f"""
.bk-input:focus-visible {{ {FOCUS} }}
/* They have no name, and the arrow keys do the same. */
.bk-input-group > .bk-spin-wrapper > .bk-spin-btn {{ display: none; }}
.bk-input-group > .bk-spin-wrapper input {{ padding-right: 8px; }}
"""
TALL = ":host textarea.bk-input { height: auto; min-height: 9em; }"
PLAIN = {
    "textTransform": "none",
    "fontSize": 14,
    "letterSpacing": 0,
    "lineHeight": "20px",
    "border": 0,
    "borderRadius": "8px",
    "color": "text.primary",
    "&.Mui-focusVisible": {"outline": "2px solid", "outlineOffset": "1px"},
}
SWITCH = {
    **PLAIN,
    "height": 34,
    "padding": "0 10px",
    "gap": "7px",
    "whiteSpace": "nowrap",
    "&&.Mui-selected, &&.Mui-selected:hover": {
        "color": "primary.main",
        "fontWeight": 600,
        "backgroundColor": soft(),
    },
    "&::before": icons.mask("edit"),
    ON_PHONE: {"fontSize": 0, "gap": 0, "padding": "0 8px"},
}
FOLD = {
    **PLAIN,
    "justifyContent": "flex-start",
    "padding": "6px 0",
    "&&.Mui-selected, &&.Mui-selected:hover, &&:hover": {
        "color": "text.primary",
        "backgroundColor": "transparent",
    },
    "&::before": {"content": '"▸"', "width": 16, "textAlign": "left"},
    "&.Mui-selected::before": {"content": '"▾"'},
}
#: A button that stays pressed where it is none of Material's.
TOGGLE_IN_CELL = f"""
.bk-btn {{ height: 34px; padding: 0 10px; border: none !important; border-radius: 8px;
          background: none !important; box-shadow: none !important; font-size: 14px !important;
          color: var(--mui-palette-text-primary) !important; }}
.bk-btn:hover {{ background: var(--mui-palette-divider) !important; }}
.bk-btn.bk-active {{ font-weight: 600; color: var(--mui-palette-primary-main) !important;
  background: {soft()} !important; }}
"""
