"""make space: upload the app to a Hugging Face Space with the official client.

python -m scripts.space_upload user/name --hardware zero-a10g

A new Space gets ZeroGPU, which a free account may use. An existing Space keeps its hardware, unless you name some.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from scripts.space_files import ROOT, added_problems, card_problems, file_problems, space_files, stage, uncommitted
from scripts.space_galleries import add_galleries, add_gallery

HARDWARE = "zero-a10g"  # the Hub's name for ZeroGPU
_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_PAYMENT_REQUIRED = 402


def main(arguments: list[str] | None = None) -> int:
    """Upload, so that the Space holds these files and no others; returns 2 if something is missing, 1 if the Hub refuses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", help="user/name; created if it does not exist")
    add_galleries(parser)
    parser.add_argument(
        "--hardware",
        help=f"a flavor of the Hub, such as {HARDWARE} or cpu-basic (default: {HARDWARE} for a new Space, else what it has)",
    )
    parser.add_argument("--force", action="store_true", help="also upload uncommitted changes")
    flags = parser.parse_args(arguments)
    if not _NAME.fullmatch(flags.space):
        return _refuse(f"{flags.space!r} is not the name of a Space; write: make space SPACE=user/name")
    changed = uncommitted()
    if changed and not flags.force:
        some = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        return _refuse(f"uncommitted changes: {some}. Commit first, or upload them with FORCE=1")

    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError

    if get_token() is None:
        return _refuse(
            "no token for the Hugging Face Hub. Create one with write access at https://huggingface.co/settings/tokens, then "
            "set HF_TOKEN, or run: .venv/bin/hf auth login"
        )
    with tempfile.TemporaryDirectory(prefix="lbf-space-") as temporary:
        folder, files = Path(temporary), space_files(ROOT)
        stage(files, folder, ROOT, flags.space, flags.hardware)
        if problems := file_problems(folder, files) + card_problems(folder):
            return _refuse("a Space would refuse this:\n  " + "\n  ".join(problems))
        try:
            added = [name for own in flags.gallery for name in add_gallery(own, folder, flags.checkpoint, ROOT)]
        except (ValueError, OSError) as error:
            return _refuse(str(error))
        if problems := added_problems(folder, added):
            return _refuse("a Space would refuse this:\n  " + "\n  ".join(problems))
        api = HfApi()
        try:
            address = _open_space(api, flags.space, flags.hardware)
            api.upload_folder(repo_id=flags.space, repo_type="space", folder_path=folder, delete_patterns="*")
        except HfHubHTTPError as error:
            unpaid = error.response.status_code == _PAYMENT_REQUIRED
            print(f"error: {_unpaid(flags.hardware) if unpaid else 'the Hub refused it'}: {error}", file=sys.stderr)
            return 1
        except (HTTPError, HFValidationError, OSError) as error:
            print(f"error: the Hub refused it: {error}", file=sys.stderr)
            return 1
    print(f"{len(files) + len(added)} files are at {address}; the Space is now being built, which takes a few minutes")
    return 0


def _open_space(api, space: str, hardware: str | None) -> str:
    """Create a Space, or give an existing one the named hardware; returns its address."""
    if not api.repo_exists(space, repo_type="space"):
        return str(api.create_repo(space, repo_type="space", space_sdk="gradio", space_hardware=hardware or HARDWARE))
    if hardware:
        api.request_space_hardware(space, hardware)
    return f"https://huggingface.co/spaces/{space}"


def _unpaid(hardware: str | None) -> str:
    """What to do when the Hub asks for a paid plan."""
    if hardware in (None, HARDWARE):
        return (
            "the Hub asks for a paid plan. A free account may host two Spaces on ZeroGPU once its email address is verified "
            "and it is 30 days old; organizations need a Team plan"
        )
    return (
        f"the Hub asks for a paid plan (PRO, or Team for an organization) to host a Gradio Space on {hardware}. A free account "
        f"may host two on ZeroGPU: leave HARDWARE out, or write HARDWARE={HARDWARE}"
    )


def _refuse(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
