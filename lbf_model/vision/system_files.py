"""Files and folders that systems put beside pictures and nobody wants indexed: previews, recycle bins, Mac resource forks."""

_NAMES = frozenset(
    {"__macosx", "@eadir", "thumbs.db", "desktop.ini", "$recycle.bin", "#recycle", "system volume information", "lost+found"}
)


def is_system_entry(name: str) -> bool:
    """Whether a file or folder with this name (no path) is skipped. Hidden ones are skipped too."""
    return name.startswith(".") or name.lower() in _NAMES
