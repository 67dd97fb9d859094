"""File systems that are soon full."""
import contextlib
import os
import subprocess


@contextlib.contextmanager
def small_disk(path, octets):
    """A file system of so many octets; yields None where none can be mounted."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={octets}", "tidemark", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        yield None
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill(path, left):
    """Fills the disk but for `left` octets."""
    free = os.statvfs(path.parent)
    with open(path, "wb") as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_bsize - left))
