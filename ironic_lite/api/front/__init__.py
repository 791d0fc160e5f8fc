# SPDX-License-Identifier: Apache-2.0
"""The front door: HTTP on an event loop.

One thread holds all connections (asyncio, with uvicorn's HTTP protocol on httptools). A request reaches a thread of the
WSGI application only when its head is complete and its body is whole; who is silent or slow costs a connection, no
thread. Applications that stream (ASGI) are served by the loop itself.
"""
