"""How a test starts a process that it will stop."""

import os
import subprocess
import sys

# Python that puts Ctrl-C back to its default, which what runs in a shell's background inherits as ignored, and
# becomes the command. `preexec_fn` would do it in a fork of this process, threads of other tests and all.
_STOPPABLE = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


def start_stoppable(command: list, **options) -> subprocess.Popen:
    """Start a command, its program given by its path, that Ctrl-C stops wherever the tests run.

    A crash of the interpreter prints the stack to standard error.
    """
    wrapped = [sys.executable, "-c", _STOPPABLE, *map(str, command)]
    environment = dict(options.pop("env", None) or os.environ) | {"PYTHONFAULTHANDLER": "1"}
    return subprocess.Popen(wrapped, env=environment, **options)
