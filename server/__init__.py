"""The application: it puts channels and memory together and is the only room that decides."""

import os

# Products of this size are done before a second thread of the linear algebra library wakes; it would only spin.
# Read by numpy when it is first imported, so it must stand before everything else.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
