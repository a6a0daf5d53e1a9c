"""The counters that a process keeps of its own work, in the form that Prometheus reads."""

from prometheus_client import Counter, Gauge

ANSWERS = Counter("staffetta_frontend_answers", "Answers of the form pages.", ["page", "code"])
DELIVERIES = Counter("staffetta_deliveries", "Deliveries that came to an outcome.", ["state"])
DELIVERIES_WAITING = Gauge("staffetta_deliveries_waiting", "Deliveries that wait to be sent.")
