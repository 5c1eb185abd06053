"""The look of the page: its palettes, light and dark, and what Material's parts take of it."""

from typing import Any

#: Height of the header and of the transport bar, in pixels.
HEADER_HEIGHT, BAR_HEIGHT = 48, 56
#: Widest window that is laid out as a phone's, in pixels.
PHONE_WIDTH = 700
#: In a stylesheet: what follows holds on a phone only.
ON_PHONE = f"@media (max-width: {PHONE_WIDTH}px)"
#: The same for windows, phones' too, that have not the room for all labels of the bar.
IF_NARROW = "@media (max-width: 960px)"

#: Fonts of all text, canvases included, in CSS: those of the person's system. Material's own come
#: in 22 files, one after the other, and each has the whole page laid out anew.
FONTS = "-apple-system, 'Segoe UI', 'Noto Sans', 'Helvetica Neue', Arial, sans-serif"

_LIGHT = {
    "ground": "#f6f8fa",
    "card": "#ffffff",
    "line": "#e1e6eb",
    "text": "#15191d",
    "muted": "#5f6b76",
    "accent": "#0b63ce",
    "on_accent": "#ffffff",
    "right": "#00795a",
    "raised": "#ffffff",
}
_DARK = {
    "ground": "#14181d",
    "card": "#1b2026",
    "line": "#2a3138",
    "text": "#e8edf2",
    "muted": "#94a1ad",
    "accent": "#7db8ff",
    "on_accent": "#10202f",
    "right": "#3fcf9f",
    "raised": "#39434e",
}


#: Rules for all of Material's parts. The transport bar of a phone is where toasts would be.
_EVERYWHERE = {
    "@media (prefers-reduced-motion: reduce)": {
        "*, *::before, *::after": {
            "animationDuration": "0.01ms !important",
            "transitionDuration": "0.01ms !important",
        },
    },
    ON_PHONE: {".notistack-SnackbarContainer": {"bottom": "106px !important"}},
}


def soft(colour: str = "var(--mui-palette-primary-main)") -> str:
    """A pale shade of a colour, for grounds."""
    return f"color-mix(in srgb, {colour} 10%, var(--mui-palette-background-paper))"


def _theme(colours: dict[str, str]) -> dict[str, Any]:
    header = {
        "backgroundColor": colours["card"],
        "backgroundImage": "none",
        "color": colours["text"],
        "boxShadow": "none",
        "borderBottom": f"1px solid {colours['line']}",
        "height": HEADER_HEIGHT,
    }
    bar = {
        "minHeight": f"{HEADER_HEIGHT}px !important",
        "margin": "0 !important",
        "paddingInline": "12px !important",
        "& > .MuiBox-root": {"height": HEADER_HEIGHT, "gap": "4px"},
    }
    return {
        "palette": {
            "primary": {"main": colours["accent"], "contrastText": colours["on_accent"]},
            "success": {"main": colours["right"]},
            "raised": {"main": colours["raised"]},
            "background": {"default": colours["ground"], "paper": colours["card"]},
            "text": {"primary": colours["text"], "secondary": colours["muted"]},
            "divider": colours["line"],
        },
        "shape": {"borderRadius": 8},
        "typography": {"fontFamily": FONTS, "body1": {"fontSize": "0.875rem"}},
        "components": {
            "MuiAppBar": {"styleOverrides": {"root": header}},
            "MuiToolbar": {"styleOverrides": {"root": bar}},
            "MuiButton": {
                "styleOverrides": {"root": {"textTransform": "none", "letterSpacing": 0}},
            },
            "MuiCssBaseline": {"styleOverrides": _EVERYWHERE},
            # The page's sign of a busy server is not used, and has no name that can be read out.
            "MuiLinearProgress": {"styleOverrides": {"root": {"display": "none"}}},
            # Panel's page has a heading without a text under its header.
            "MuiTypography": {"defaultProps": {"variantMapping": {"h5": "div"}}},
        },
    }


#: Material's theme of the page.
THEME = {"light": _theme(_LIGHT), "dark": _theme(_DARK)}


def variables(dark: bool = False) -> str:
    """The palette as variables of CSS, for where there is no Material: a cell, a file."""
    colours = _DARK if dark else _LIGHT
    return f"""
  --mui-palette-primary-main: {colours["accent"]};
  --mui-palette-primary-contrastText: {colours["on_accent"]};
  --mui-palette-success-main: {colours["right"]};
  --mui-palette-raised-main: {colours["raised"]};
  --mui-palette-background-default: {colours["ground"]};
  --mui-palette-background-paper: {colours["card"]};
  --mui-palette-text-primary: {colours["text"]};
  --mui-palette-text-secondary: {colours["muted"]};
  --mui-palette-text-disabled: color-mix(in srgb, {colours["text"]} 38%, transparent);
  --mui-palette-divider: {colours["line"]};
"""


#: The look of a notebook's cell.
VARIABLES = f"""
:host {{ background: {_LIGHT["ground"]}; color: {_LIGHT["text"]}; {variables()} }}
"""

#: Ground of a group of buttons of which one is pressed, and the look of that one.
TRACK = "color-mix(in srgb, var(--mui-palette-text-secondary) 9%, transparent)"
RAISED = "var(--mui-palette-raised-main)"
#: Such a group, of Bokeh's.
SEGMENTED = f"""
.bk-btn-group {{ background: {TRACK}; border-radius: 8px; padding: 3px; gap: 0;
    display: inline-flex; flex-wrap: nowrap; }}
.bk-btn-group > .bk-btn, .bk-btn-group > .bk-btn:hover {{ flex: none; margin: 0 !important;
    font-size: 13px; line-height: 24px; min-height: 24px; min-width: 24px; padding: 0 10px;
    border: none !important; border-radius: 6px !important; background: none !important;
    box-shadow: none !important; font-weight: 400;
    color: var(--mui-palette-text-secondary) !important; white-space: nowrap; }}
.bk-btn-group > .bk-btn:hover {{ color: var(--mui-palette-text-primary) !important; }}
.bk-btn-group > .bk-btn.bk-active {{ background: {RAISED} !important; font-weight: 700;
    color: var(--mui-palette-text-primary) !important; box-shadow: 0 1px 2px #0003 !important; }}
.bk-btn-group > .bk-btn:focus-visible {{ outline: 2px solid var(--mui-palette-primary-main);
    outline-offset: 1px; }}
"""
#: A card: a surface with a line round it.
CARD = """
:host { background: var(--mui-palette-background-paper); border-radius: 12px;
        border: 1px solid var(--mui-palette-divider); box-sizing: border-box; }
"""
