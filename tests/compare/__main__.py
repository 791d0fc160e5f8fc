# SPDX-License-Identifier: Apache-2.0
"""Compare upstream Ironic and ironic_lite, and print the differences that are not listed: `python -m tests.compare`."""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import pathlib
import re
import sys
import tempfile
from collections.abc import Callable, Iterator

from tests.bench import peer
from tests.bench.server import Launch, ServerError
from tests.compare import cases, differences, identity, services
from tests.compare.answer import Answer
from tests.compare.case import Case
from tests.compare.recording import FILE, Recording


def main() -> None:
    """Print the differences; the exit status is 1 if some are not listed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression for the requests' names")
    parser.add_argument(
        "--recorded",
        action="store_true",
        help="take upstream's answers from the recording instead of starting it",
    )
    parser.add_argument(
        "--page", action="store_true", help="write the list in docs/api.md, and end"
    )
    args = parser.parse_args()
    if args.page:
        differences.write()
        return
    asked = [case for case in cases.every() if re.search(args.only, f"{case.chapter}: {case.name}")]
    judge = differences.Judge(differences.listed())
    try:
        theirs, ours = _answers(asked, args.recorded, judge)
    except ServerError as exc:
        parser.exit(2, f"{exc}\n")
    sys.exit(_report(asked, theirs, ours, judge, whole=not args.only))


def _answers(
    asked: list[Case], recorded: bool, judge: differences.Judge
) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """Return upstream's answers and ours, by the names of the cases."""
    kept = Recording.read() if FILE.exists() else Recording("")
    theirs: dict[str, Answer] = {}
    ours: dict[str, Answer] = {}
    for has_users in (False, True):
        part = [case for case in asked if bool(case.who) is has_users]
        if part:
            with _users(has_users, recorded) as users:
                upstream, own = _ask_both(part, users, kept if recorded else None, judge)
            theirs |= upstream
            ours |= own
    if not recorded:
        kept.version = peer.version(peer.install(peer.DEFAULT_VENV))
        kept.put(theirs)
        kept.keep_only([case.name for case in cases.every()])
        kept.write()
    return theirs, ours


@contextlib.contextmanager
def _users(has_users: bool, recorded: bool) -> Iterator[identity.Identity | None]:
    if not has_users:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        home = pathlib.Path(directory)
        if recorded:
            yield identity.of_files(home)
        else:
            with identity.of_keystone(home) as users:
                yield users


def _ask_both(
    asked: list[Case],
    users: identity.Identity | None,
    kept: Recording | None,
    judge: differences.Judge,
) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """Return upstream's answers and ours; upstream's come from the recording, if there is one."""
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(_running(services.ours, users))]
        if kept is None:
            running.append(stack.enter_context(_running(services.upstream, users)))
        with concurrent.futures.ThreadPoolExecutor(len(running)) as pool:
            ours, *others = pool.map(lambda service: service.ask_all(asked), running)
        theirs = others[0] if kept is None else kept.answers([case.name for case in asked])
        for case in asked:
            if case.name in theirs and judge.unlisted(case, theirs[case.name], ours[case.name]):
                for service, answers in zip(running, (ours, theirs), strict=False):
                    answers[case.name] = service.ask_again(case, answers[case.name])
    return theirs, ours


@contextlib.contextmanager
def _running(
    prepare: Callable[[pathlib.Path, identity.Options | None], Launch],
    users: identity.Identity | None,
) -> Iterator[services.Service]:
    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        launch = prepare(pathlib.Path(directory), users.options if users else None)
        service = services.Service(launch, users)
        try:
            service.populate()
            yield service
        finally:
            service.close()


def _report(
    asked: list[Case],
    theirs: dict[str, Answer],
    ours: dict[str, Answer],
    judge: differences.Judge,
    whole: bool,
) -> int:
    """Print the differences that are not listed, and the listed ones that did not occur; return the exit status."""
    found = [
        f"[{case.chapter}] {line}"
        for case in asked
        if case.name in theirs
        and (line := judge.unlisted(case, theirs[case.name], ours[case.name]))
    ]
    missing = [f"not recorded: {case.name}" for case in asked if case.name not in theirs]
    unmet = [f"listed, and not met: {place}" for place in judge.unmet()] if whole else []
    for line in (*found, *missing, *unmet):
        print(line)
    print(
        f"{len(asked)} requests, {len(found)} unlisted differences, {len(unmet)} listed ones not met",
        file=sys.stderr,
    )
    return 1 if found or missing or unmet else 0


if __name__ == "__main__":
    main()
