"""All benchmarks, or those named: `scripts/bench [--quick] [--json | --markdown] [NAME …]`."""

import double_opt_in
import postgresql
import sender
import sign_up
import start
import status
from measuring.command import main

main(
    {
        "sign_up": sign_up.measure,
        "double_opt_in": double_opt_in.measure,
        "status": status.measure,
        "sender": sender.measure,
        "start": start.measure,
        "postgresql": postgresql.measure,
    }
)
