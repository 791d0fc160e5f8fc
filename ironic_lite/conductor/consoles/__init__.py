# SPDX-License-Identifier: Apache-2.0
"""Serial consoles that this conductor keeps connected.

One event loop, in a thread of its own, has one connection to the console of each node with ``console_enabled`` that the
conductor owns (:mod:`engine`, :mod:`console`). What the servers print goes to a bounded log on disk (:mod:`log`), and
to all who watch. A raw TCP port (:mod:`raw_tcp`) has it for Nova's serial proxy.
"""
