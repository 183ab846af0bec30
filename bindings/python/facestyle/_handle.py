"""What all objects of the library share: they are closed once, and say so when used afterwards."""


class Handle:
    """Owns one handle. `close()`, the end of a `with` block or the garbage collector gives it back."""

    _pointer = None
    _destroy = None  # the C function, set by each class

    def __init__(self, pointer):
        self._pointer = pointer

    @property
    def handle(self):
        """The C pointer, for calls of `facestyle._c`."""
        if self._pointer is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._pointer

    @property
    def closed(self):
        return self._pointer is None

    def close(self):
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            type(self)._destroy(pointer)

    def __enter__(self):
        self.handle
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()
