"""Price sets as files: Parquet, named by the SHA-256 of their bytes, never changed."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neocloud.errors import Invalid, JournalReadOnly

Columns = Mapping[str, npt.NDArray[Any]]
_ABOUT = b"neocloud"
_MAGIC = b"PAR1"  # at both ends of a Parquet file


class PriceSets:
    """The price sets of a data directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, columns: Columns, about: Mapping[str, Any]) -> str:
        """Write a price set, whole or not at all; returns its digest. The same content is the same file."""
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415

        said = json.dumps(about, sort_keys=True, separators=(",", ":")).encode()
        table = pa.table({name: pa.array(column) for name, column in columns.items()})
        sink = pa.BufferOutputStream()
        parquet.write_table(table.replace_schema_metadata({_ABOUT: said}), sink, compression="zstd")
        body = sink.getvalue().to_pybytes()
        digest = sha256(body).hexdigest()
        self.put(digest, body)
        return digest

    def put(self, digest: str, body: bytes) -> None:
        """Write the bytes of a price set, whole or not at all. Raises Invalid where they are another's, or none."""
        if sha256(body).hexdigest() != digest or not body.startswith(_MAGIC) or not body.endswith(_MAGIC):
            raise Invalid("these are not the bytes of that price set: a Parquet file is named by its SHA-256")
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            draft = self._directory / f".{digest}"
            draft.write_bytes(body)
            draft.replace(self._path(digest))
        except OSError as error:
            raise JournalReadOnly(f"{self._directory} cannot be written: {error.strerror}") from error

    def read(self, digest: str) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Its columns, and what it says about itself. Raises Invalid when it is not there, or was changed."""
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415

        table = parquet.read_table(pa.BufferReader(self.bytes_of(digest)))
        about: dict[str, Any] = json.loads(table.schema.metadata[_ABOUT])
        return {name: np.asarray(table.column(name)) for name in table.column_names}, about

    def bytes_of(self, digest: str) -> bytes:
        """The file as it is. Raises Invalid when it is not there, or was changed."""
        path = self._path(digest)
        try:
            body = path.read_bytes()
        except OSError as error:
            raise Invalid(
                f"price set {digest[:12]} is not at {path}: {error.strerror}; `neocloud plan --admit` makes a new one"
            ) from None
        if sha256(body).hexdigest() != digest:
            raise Invalid(f"{path} was changed: its digest is another; restore it, or `neocloud plan --admit` anew")
        return body

    def _path(self, digest: str) -> Path:
        return self._directory / f"{digest}.parquet"
