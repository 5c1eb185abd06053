"""Icons as stylesheets: shapes that take the colour of the text beside them."""

from urllib.parse import quote

#: Shapes within 24 × 24, as SVG.
_SHAPES = {
    "play": '<path d="M7 4.5v15l12.5-7.5z"/>',
    "pause": '<path d="M6.5 5h4v14h-4zM13.5 5h4v14h-4z"/>',
    "step": '<path d="M5 5v14l9.5-7zM16 5h3v14h-3z"/>',
    "episode": '<path d="M2.5 5v14l8-7zM10.5 5v14l8-7zM19 5h2.5v14H19z"/>',
    "phase": '<path d="M3 5h18v2.5H3zM3 10.75h18v2.5H3zM3 16.5h11V19H3zM15.5 14v8l6-4z"/>',
    "finish": '<path d="M3 5v14l9-7zM12.5 5v14l9-7z"/>',
    "more": '<circle cx="5" cy="12" r="2"/><circle cx="12" cy="12" r="2"/>'
    '<circle cx="19" cy="12" r="2"/>',
    "settings": '<path d="M3 5.5h18v2H3zM3 11h18v2H3zM3 16.5h18v2H3z"/>',
    "edit": '<path d="M4 16.5V20h3.5L17.6 9.9l-3.5-3.5zM20.3 7.2a1 1 0 0 0 0-1.4l-2.1-2.1'
    'a1 1 0 0 0-1.4 0L15.1 5.4l3.5 3.5z"/>',
    "share": '<circle cx="18" cy="5" r="3"/><circle cx="6" cy="12" r="3"/>'
    '<circle cx="18" cy="19" r="3"/><path d="M6 12 18 5M6 12l12 7" stroke="#000"'
    ' stroke-width="2"/>',
    "files": '<path d="M11 3h2v9l3.5-3.5 1.4 1.4L12 15.8 6.1 9.9l1.4-1.4L11 12zM4 18h16v2.5H4z"/>',
    "ask": '<path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm1 16.5h-2v-2h2zm1.9-7'
    "c-.9.9-1.9 1.3-1.9 3h-2c0-2.3 1-3.1 1.9-4 .7-.7 1.1-1 1.1-1.8"
    'a2 2 0 0 0-4 0H8a4 4 0 0 1 8 0c0 1.4-.5 2.2-1.1 2.8z"/>',
    "dice": '<path fill-rule="evenodd" d="M6 3h12a3 3 0 0 1 3 3v12a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3V6'
    "a3 3 0 0 1 3-3zm2 3.5a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zm8 0"
    "a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zm-4 3.9a1.6 1.6 0 1 0 0 3.2"
    "1.6 1.6 0 0 0 0-3.2zm-4 4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zm8 0"
    'a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2z"/>',
    "inspect": '<path d="M10 3a7 7 0 1 0 4.3 12.5l5 5 1.4-1.4-5-5A7 7 0 0 0 10 3zm0 2'
    'a5 5 0 1 1 0 10 5 5 0 0 1 0-10z"/>',
}


def mask(name: str, size: int = 18) -> dict[str, str]:
    """Declarations of CSS that make an empty box an icon, by their properties.

    Args:
        name: Name of the icon.
        size: Width and height, in pixels.
    """
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{_SHAPES[name]}</svg>'
    url = f"url('data:image/svg+xml,{quote(svg)}')"
    shape = f"{url} center / contain no-repeat"
    return {
        "content": '""',
        "display": "inline-block",
        "flex": "none",
        "width": f"{size}px",
        "height": f"{size}px",
        "background": "currentColor",
        "-webkit-mask": shape,
        "mask": shape,
    }


def icon(name: str, bare: bool = False, size: int = 18) -> str:
    """A stylesheet that puts an icon before the label of one of Panel's buttons.

    Args:
        name: Name of the icon.
        bare: Whether the label is for screen readers alone.
        size: Width and height, in pixels.
    """
    shape = " ".join(f"{key}: {value};" for key, value in mask(name, size).items())
    hidden = "font-size: 0 !important; gap: 0 !important;" if bare else ""
    return (
        f".bk-btn {{ display: inline-flex !important; align-items: center; "
        f"justify-content: center; gap: 7px; {hidden} }}\n"
        f".bk-btn::before {{ {shape} }}"
    )
