"""All benchmarks, or those named: `scripts/bench [--quick] [--json | --markdown] [NAME …]`."""

import activation
import campaign
import csv_import
import double_opt_in
import postgresql
import recipient_pages
import rest_import
import sender
import sign_up
import signing
import soap
import start
import statistics_pages
import status
import tracking
from measuring.command import main

main(
    {
        "sign_up": sign_up.measure,
        "double_opt_in": double_opt_in.measure,
        "status": status.measure,
        "sender": sender.measure,
        "campaign": campaign.measure,
        "signing": signing.measure,
        "tracking": tracking.measure,
        "csv_import": csv_import.measure,
        "rest_import": rest_import.measure,
        "soap": soap.measure,
        "activation": activation.measure,
        "start": start.measure,
        "postgresql": postgresql.measure,
        "recipient_pages": recipient_pages.measure,
        "statistics_pages": statistics_pages.measure,
    }
)
