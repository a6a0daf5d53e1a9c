"""The counters that a process keeps of its own work, in the form that Prometheus reads."""

from prometheus_client import Counter, Gauge

ANSWERS = Counter("staffetta_frontend_answers", "Answers of the form pages.", ["page", "code"])
REST_ANSWERS = Counter("staffetta_rest_answers", "Answers of the REST services.", ["endpoint", "status"])
DELIVERIES = Counter("staffetta_deliveries", "Deliveries that came to an outcome.", ["state"])
DELIVERIES_WAITING = Gauge("staffetta_deliveries_waiting", "Deliveries that wait to be sent.")
RETURNS = Counter("staffetta_returns", "Mails to the bounce domain, by what they said.", ["kind"])
RETURNS_REFUSED = Counter("staffetta_returns_refused", "What the intake of the bounce domain refused.", ["reason"])
TRACKED_VISITS = Counter("staffetta_tracked_visits", "Views and clicks that were answered.", ["outcome"])
