"""Forms in which people hand things over, put around what a server said."""
import time


def journal(lab, log, unit, host):
    """What journald shows of a server that writes to standard output: `-o short`."""
    lines = []
    for line in open(log, encoding="utf-8").read().splitlines():
        words = line.split()
        pid = words[0].split(":")[0] if words and words[0][0].isdigit() else "1"
        if len(words) > 4 and words[1].isdigit():
            stamp = f"{words[2]} {int(words[1]):02d} {words[4].split('.')[0]}"
        lines.append(f"{stamp} {host} {unit}[{pid}]: {line}")
    return "\n".join(lines) + "\n"


def docker_stamp(lab, log):
    """`docker logs -t`: the time of each line before it."""
    lines = []
    for line in open(log, encoding="utf-8").read().splitlines():
        words = line.split()
        if len(words) > 4 and words[1].isdigit():
            day = time.strptime(" ".join(words[1:4]), "%d %b %Y")
            stamp = time.strftime("%Y-%m-%d", day) + f"T{words[4]}117384Z"
        lines.append(f"{stamp} {line}")
    return "\n".join(lines) + "\n"


def numbered(settings):
    """CONFIG GET as redis-cli numbers it on a terminal."""
    words = [word for pair in settings.items() for word in pair]
    width = len(str(len(words)))
    return "".join(f'{n:>{width}}) "{word}"\n' for n, word in enumerate(words, 1))
