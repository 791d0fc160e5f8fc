# SPDX-License-Identifier: Apache-2.0
"""Secrets are encrypted in the database.

Which columns hold secrets is a part of their declaration (``secret=``; see ``guards``). ``values`` finds them inside a
column's JSON and encrypts them, one by one, with a data key (``cipher``): AES-256-GCM, bound to table, column, record
and place in the column. Data keys are rows of the database (``data_keys``), wrapped by a key that is not in it
(``wrapping``); ``keyring`` has those of this process. ``rekey`` encrypts everything anew.
"""
