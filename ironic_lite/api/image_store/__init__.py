# SPDX-License-Identifier: Apache-2.0
"""The image store of an API process: ``uploads`` receives images, ``copies`` opens them, ``keeper`` tidies up."""
