# SPDX-License-Identifier: Apache-2.0
"""The HTTP server of the API, on an event loop.

One thread holds all connections (asyncio, with uvicorn's HTTP protocol on httptools). A request reaches a thread of the
WSGI application only when its head and body are complete, so a silent or slow client costs a connection but no thread.
The loop itself serves streaming (ASGI) applications.

With green threads the loop runs in a green thread, on a green ``select``. Each turn of it then costs time in proportion
to the number of connections. So API processes had better use native threads.
"""
