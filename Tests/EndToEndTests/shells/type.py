#!/usr/bin/env python3
"""usage: type.py TEXT COMMAND [ARGUMENT...]

Types TEXT (with Python's escapes: \\t, \\n) to an interactive command on a terminal of its own, prints what
the terminal shows, and ends with the command's exit code. Without an end within a minute: 124.
"""
import os
import pty
import select
import sys
import time

text = sys.argv[1].encode().decode("unicode_escape").encode()
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execvp(sys.argv[2], sys.argv[2:])
deadline = time.monotonic() + 60
shown = b""
while True:
    left = deadline - time.monotonic()
    readable, writable, _ = select.select([terminal], [terminal] if text else [], [], max(0, left))
    if not readable and not writable:
        os.kill(pid, 9)
        break
    if writable:
        text = text[os.write(terminal, text):]
    if readable:
        try:
            block = os.read(terminal, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            break
        if not block:
            break
        shown += block
sys.stdout.buffer.write(shown)
_, status = os.waitpid(pid, 0)
sys.exit(124 if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
