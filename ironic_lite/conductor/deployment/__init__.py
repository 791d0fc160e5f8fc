# SPDX-License-Identifier: Apache-2.0
"""What a deployment needs besides its steps: deploy templates, config drives, image type, lessee."""
