"""Tables, by pyarrow, which is imported only where tables are wanted."""

try:
    import pyarrow as pa
    import pyarrow.parquet as parquet
except ImportError:
    raise ImportError("tables of faces need pyarrow, which is not installed; expected `pip install pyarrow`") from None

__all__ = ["pa", "parquet"]
