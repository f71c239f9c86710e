"""Names of browsers for people, such as `Firefox on Linux`."""

_MAX = 60  # characters of an unknown program's own name
# The first that matches: each browser also names those below it.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> str:
    """Return the browser and system of a User-Agent header. Callers can send any text in it."""
    printable = "".join(filter(str.isprintable, user_agent.partition(" ")[0]))
    return known_device_name(user_agent) or printable[:_MAX] or "Unknown device"


def known_device_name(user_agent: str) -> str:
    """Return the browser and system, without any text of the caller; "" for an unknown program."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    return " on ".join(filter(None, (browser, system)))


def _first(names: dict[str, str], text: str) -> str:
    return next((name for part, name in names.items() if part in text), "")
