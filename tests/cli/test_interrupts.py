"""Ctrl-C is answered at once, and ends a process that C code keeps busy; the progress bar moves on, and never beyond what is done."""

import signal
import subprocess
import sys
import time

from ads_pipeline.cli.progress import Estimate
from ads_pipeline.pipeline.steps import STEPS

BUSY = """
import hashlib, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it
from ads_pipeline.interrupts import answering_interrupts
with answering_interrupts(lambda: print("answered", flush=True), lambda: os._exit(130), seconds=0.3):
    print("busy", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
"""


def test_a_process_that_c_code_keeps_busy_answers_and_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "busy\n"
        time.sleep(1)  # it is in C by then
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "answered\n"
        assert process.wait(timeout=20) == 130
        assert time.monotonic() - began < 10


def test_the_estimate_moves_within_each_step_and_ends_with_the_batch() -> None:
    estimate, before = Estimate(), 0.0
    estimate.total = 1000
    for batch in (1, 2):
        for step in STEPS:
            estimate.step(step.__name__)
            if step.__name__ == "stage":
                estimate.staged(400)
                estimate.staged(100)
            for _ in range(10):
                after = estimate.tick()
                assert before < after < 500 * batch
                before = after
        estimate.step("")
        assert estimate.done == 500 * batch
        before = estimate.tick()
    assert before == 1000


def test_a_batch_that_is_tried_again_does_not_move_the_bar_back_or_beyond_its_end() -> None:
    estimate = Estimate()
    estimate.total = 100
    for _ in range(3):
        for step in STEPS[:6]:
            estimate.step(step.__name__)
            if step.__name__ == "stage":
                estimate.staged(100)
            assert estimate.tick() < 100
    estimate.step("")
    assert estimate.tick() == 100
