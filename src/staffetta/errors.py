"""The five families of refusal: what a caller did that cannot be done, in words that are safe to show."""


class Refusal(Exception):  # noqa: N818 - the trade's word; a refusal is no error of ours
    """The caller's doing; each interface spells the families in its own protocol."""


class InvalidArgument(Refusal):
    """The request is malformed, whatever the state of the platform."""


class PermissionDenied(Refusal):
    """The caller may not do this."""


class NotFound(Refusal):
    """The account has no such thing."""


class FailedPrecondition(Refusal):
    """The request is sound, but not in the present state."""


class ResourceExhausted(Refusal):
    """A quota, a throttle or a size limit is used up."""
