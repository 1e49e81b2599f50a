"""A service that keeps requests and seals them into drops: `recorded_service.py HOME`.

A mark `kept` names what was acknowledged.
"""

import ctypes
import sys
from pathlib import Path

from ads_pipeline.durable import sync
from ads_pipeline.inbox.committer import Committer, Submission
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.landing import FolderStore

home = Path(sys.argv[1])
recorder = ctypes.CDLL(None)
(home / "landing").mkdir()
sync(home)  # the landing folder is the user's
for life in range(3):
    committer = Committer(home / "spool", seal_bytes=700)
    sealer = Sealer(home / "spool", FolderStore(home / "landing"), age=1000, size=700)
    for number in range(12):
        name = f"{life}-{number}"
        committer.commit(Submission(f"{name} {'x' * 100}\n".encode(), {"status": 202, "body": name}, key=name)).result()
        recorder.recorder_mark(f"kept {name}".encode())
    committer.close()
    if life != 1:  # the second dies before it has sealed everything
        sealer.close()
