"""The catalogue of messages: who tells what to whom, generated from the contracts and from what the services consume.

`python -m catalogue` (`make events`) writes docs/asyncapi.yml, for tools, and docs/events.md, for people.
"""
