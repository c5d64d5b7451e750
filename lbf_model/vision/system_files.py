"""Files and folders that systems put beside pictures, and that nobody means: previews, wastebaskets, halves of Mac files."""

_NAMES = frozenset(
    {"__macosx", "@eadir", "thumbs.db", "desktop.ini", "$recycle.bin", "#recycle", "system volume information", "lost+found"}
)


def is_system_entry(name: str) -> bool:
    """Whether a file or a folder of this name, without its path, is passed over. Hidden ones are."""
    return name.startswith(".") or name.lower() in _NAMES
