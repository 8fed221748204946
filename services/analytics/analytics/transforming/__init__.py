"""The file transformer: from the bytes of a third party's file to records, in steps that can be repeated.

``content`` brings the bytes, ``portions`` cuts them into whole records, ``rows`` reads those, ``survey`` looks at a
file before anything is written, and ``work`` goes through it.
"""
