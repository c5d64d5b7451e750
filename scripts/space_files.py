"""Which files of this repository go to a Hugging Face Space, and what a Space requires of them."""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
# The only list of what belongs to a Space. The card links to docs/, and docs/ links to benchmarks/.
PARTS = (
    "app.py", "lbf_model", "assets", "checkpoints", "benchmarks", "docs", "README.md", "LICENSE", "requirements.txt",
    "pre-requirements.txt", "packages.txt",
)  # fmt: skip
MIB = 2**20
MAX_FILE = 10 * MIB  # what git may push to a Space without LFS
MAX_TOTAL = 100 * MIB  # ours
MAX_ADDED = 1024 * MIB  # ours, for added galleries
MAX_IN_FOLDER = 9_999

# huggingface.co/docs/hub/spaces-config-reference
COLORS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
MAX_DESCRIPTION = 60  # letters
NEEDED = (
    "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "short_description",
    "thumbnail", "tags", "pinned", "suggested_hardware", "license",
)  # fmt: skip
ALLOWED = {*NEEDED, "models", "datasets", "preload_from_hub", "startup_duration_timeout", "disable_embedding", "header"}


def space_files(root: Path = ROOT) -> list[str]:
    """Paths of the files to upload: all of `PARTS` that git does not ignore, so in a clean work tree the committed ones."""
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PARTS)
    return sorted(name for name in set(listed.split("\0")) - {""} if (root / name).exists() or (root / name).is_symlink())


def uncommitted(root: Path = ROOT) -> list[str]:
    """Files to upload that have uncommitted changes."""
    return [line[3:] for line in _git(root, "status", "--porcelain", "--untracked-files=all", "--", *PARTS).splitlines()]


def stage(files: list[str], out: Path, root: Path = ROOT, space: str | None = None, hardware: str | None = None) -> None:
    """Copy `files` into the empty folder `out`.

    The Hub expects the card's thumbnail as a URL. If `space` ("user/name") is given, the path is replaced by one. If
    `hardware` is given, the card suggests it to people who copy the Space.
    """
    for name in files:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, out / name, follow_symlinks=False)
    card = out / "README.md"
    if space:
        address = f"thumbnail: https://huggingface.co/spaces/{space}/resolve/main/"
        card.write_text(re.sub(r"^thumbnail: (?!https:)", address, card.read_text(), count=1, flags=re.M))
    if hardware:
        suggested = f"suggested_hardware: {hardware}"
        card.write_text(re.sub(r"^suggested_hardware: .*", suggested, card.read_text(), count=1, flags=re.M))


def file_problems(folder: Path, files: list[str]) -> list[str]:
    """What a Space would refuse in a staged folder, and files in it that were not requested."""
    present = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    links = [path for path in present if path.is_symlink()]
    sizes = {path: path.lstat().st_size for path in present}
    found = [f"{_name(p, folder)}: a link; a Space takes only files" for p in links]
    found += [f"{_name(p, folder)}: not requested" for p in present if _name(p, folder) not in set(files)]
    found += [f"{name}: does not belong to a Space" for name in files if name.split("/")[0] not in PARTS]
    found += [f"{name}: missing" for name in files if not (folder / name).exists()]
    found += [f"{_name(p, folder)}: {s / MIB:.1f} MiB, more than {MAX_FILE // MIB}" for p, s in sizes.items() if s > MAX_FILE]
    if sum(sizes.values()) > MAX_TOTAL:
        found.append(f"{sum(sizes.values()) / MIB:.0f} MiB in all, more than {MAX_TOTAL // MIB}")
    crowded = Counter(path.parent for path in present)
    found += [f"{_name(p, folder)}: {n} files in one folder" for p, n in crowded.items() if n > MAX_IN_FOLDER]
    return found


def added_problems(folder: Path, added: list[str]) -> list[str]:
    """What a Space would refuse in the staged files of added galleries. A file may be large: the Hub's client uploads them."""
    sizes = sum((folder / name).stat().st_size for name in added)
    found = [f"{sizes / MIB:.0f} MiB of galleries, more than {MAX_ADDED // MIB}"] if sizes > MAX_ADDED else []
    crowded = Counter(Path(name).parent.as_posix() for name in added)
    return found + [
        f"{name}: {n} files in one folder; put them into several" for name, n in crowded.items() if n > MAX_IN_FOLDER
    ]


def read_card(readme: str) -> dict:
    """The YAML front matter of a README.

    Raises:
        ValueError: there is none, or it is not YAML.
    """
    matter = re.match(r"---\n(.*?)\n---\n", readme, re.S)
    if not matter:
        raise ValueError("README.md: does not start with the front matter of a Space (YAML between two lines of ---)")
    try:
        return yaml.safe_load(matter.group(1))
    except yaml.YAMLError as error:
        raise ValueError(f"README.md: its front matter is not YAML: {error}") from None


def card_problems(folder: Path) -> list[str]:
    """What is wrong with the card in README.md, and where it does not fit the other files."""
    readme = (folder / "README.md").read_text()
    try:
        card = read_card(readme)
    except ValueError as error:
        return [str(error)]
    found = [f"{key}: missing" for key in NEEDED if key not in card]
    found += [f"{key}: not a key that a Space knows" for key in sorted(card.keys() - ALLOWED)]
    found += [f"{key}: {card.get(key)!r} is none of {', '.join(COLORS)}" for key in ("colorFrom", "colorTo")
              if card.get(key) not in COLORS]  # fmt: skip
    if len(card.get("short_description", "")) > MAX_DESCRIPTION:
        found.append(f"short_description: {len(card['short_description'])} letters, more than {MAX_DESCRIPTION}")
    pinned = re.search(r"^gradio(?:\[[\w,]+\])?==(\S+)", (folder / "requirements.txt").read_text(), re.M)
    if not pinned or card.get("sdk_version") != pinned.group(1):
        found.append(f"sdk_version: {card.get('sdk_version')}, but requirements.txt pins {pinned and pinned.group(1)}")
    if not isinstance(card.get("python_version"), str):
        found.append(
            f"python_version: {card.get('python_version')} is a number, so 3.10 would be read as 3.1; put it in quotes"
        )
    thumbnail = card.get("thumbnail", "")
    for name in (card.get("app_file", ""), *([] if ":" in thumbnail else [thumbnail])):
        if not (folder / name).is_file():
            found.append(f"{name or 'app_file or thumbnail'}: named in README.md, but not uploaded to the Space")
    for document in (folder / "README.md", *sorted((folder / "docs").glob("*.md"))):
        for link in re.findall(r"\]\(([^)#:\s]+)\)", document.read_text()):
            if not (document.parent / link).exists():
                found.append(f"{link}: named in {_name(document, folder)}, but not uploaded to the Space")
    return found


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
