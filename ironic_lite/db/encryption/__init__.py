# SPDX-License-Identifier: Apache-2.0
"""Encryption of the secrets in the database.

A column's declaration says whether it holds secrets (``secret=``; see ``guards``). ``values`` finds them in the
column's JSON and encrypts each with a data key (``cipher``): AES-256-GCM, bound to table, column, record and place in
the column. Data keys are rows of the database (``data_keys``), wrapped by a key outside of it (``wrapping``);
``keyring`` holds the unwrapped keys of this process. ``rekey`` encrypts all secrets with a new key.
"""
