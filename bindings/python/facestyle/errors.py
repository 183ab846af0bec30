"""One exception for all that the library refuses, with its own words."""

from . import _c


class FaceStyleError(Exception):
    """The library's refusal: `status` is its number (`_c.FS_IO`), `name` its name, `message` the reason."""

    def __init__(self, status, message):
        super().__init__(status, message)
        self.status = status
        self.name = _c.fs_status_name(status).decode()
        self.message = message

    def __str__(self):
        return f"{self.message} ({self.name})"


class NoFace(FaceStyleError):
    """No face was found in the photo."""


class Cancelled(FaceStyleError):
    """The callback asked to cancel."""


_KINDS = {_c.FS_NO_FACE: NoFace, _c.FS_CANCELLED: Cancelled}


def check(status):
    """Raises what `status` and the thread's last error say; does nothing for FS_OK."""
    if status != _c.FS_OK:
        message = _c.fs_last_error().decode(errors="replace")
        raise _KINDS.get(status, FaceStyleError)(status, message)
