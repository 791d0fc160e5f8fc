# SPDX-License-Identifier: Apache-2.0
"""Repeats a transaction after a deadlock or a lost connection."""

import contextvars
import functools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from sqlalchemy import exc

from ironic_lite.common import at_once, metrics
from ironic_lite.conf import CONF
from ironic_lite.db import errors

if TYPE_CHECKING:
    import tenacity

LOG = logging.getLogger(__name__)

MAX_INTERVAL = 10.0
"""The longest wait between two attempts, in seconds."""

P = ParamSpec("P")
R = TypeVar("R")

_attempt: contextvars.ContextVar[int] = contextvars.ContextVar("attempt", default=1)


def is_repeated() -> bool:
    """Return whether this is a repeated attempt: an earlier one may have been committed although its answer was lost.

    The function then looks for what that attempt wrote: by the lock's token, the conductor's incarnation, the message's
    id, or the record's UUID and creation time.
    """
    return _attempt.get() > 1


def on_transient_error(function: Callable[P, R]) -> Callable[P, R]:
    """Repeat ``function``, a whole transaction, after a deadlock or a lost connection.

    The waits grow exponentially from ``[database] retry_interval``, with jitter, so that deadlocked transactions do not
    meet again.

    :raises DatabaseError: after ``[database] max_retries`` attempts, and for every other error of the database.
    """

    @functools.wraps(function)
    def repeated(*args: P.args, **kwargs: P.kwargs) -> R:
        former = _attempt.set(1)
        try:
            # Most calls need no second attempt, so none is prepared for them.
            return function(*args, **kwargs)
        except exc.SQLAlchemyError as error:
            at_once.leave()
            try:
                return _retry(error, function, *args, **kwargs)
            except exc.SQLAlchemyError as last:
                LOG.error("%s: %s", function.__name__, translated := errors.translate(last))
                raise translated from None
        finally:
            _attempt.reset(former)

    return repeated


def _retry(first: Exception, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Make the attempts after the first one, which ended with an error."""
    # Imported here because it costs start-up time and most processes never need it.
    import tenacity

    options = CONF.database
    failed = [first]

    @functools.wraps(function)
    def attempt() -> R:
        if failed:
            raise failed.pop()
        return function(*args, **kwargs)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda e: errors.transient_reason(e) is not None),
        stop=tenacity.stop_after_attempt(options.max_retries + 1),
        wait=tenacity.wait_exponential(multiplier=options.retry_interval, max=MAX_INTERVAL)
        + tenacity.wait_random(0, options.retry_interval),
        before=lambda state: _note_attempt(state.attempt_number),
        before_sleep=_log,
        reraise=True,
    )
    return retrying(attempt)


def _note_attempt(number: int) -> None:
    if number > 1:
        _attempt.set(number)


def _log(state: "tenacity.RetryCallState") -> None:
    assert state.outcome is not None and state.fn is not None
    error = state.outcome.exception()
    assert error is not None
    metrics.count(metrics.RETRIES.inc)
    LOG.debug(
        "%s: try %d failed (%s); trying again in %.2f s",
        state.fn.__name__,
        state.attempt_number,
        errors.transient_reason(error),
        state.next_action.sleep if state.next_action else 0,
    )
