"""Whether a change may be deployed: who tells what, who relies on what, and whether both still fit.

`contracts` reads the contracts, `reliance` derives what consumers read, `fitting` compares, `verdict` answers
`make can-deploy` from what runs on a stage. docs/contracts.md tells how to change a message or an API.
"""
