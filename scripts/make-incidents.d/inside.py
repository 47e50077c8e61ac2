"""Runs one incident inside its namespaces; without a name lists them."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import cloud_cases  # noqa: E402  (after the path)
import cloud_forms  # noqa: E402
import disk_cases  # noqa: E402
import lab  # noqa: E402
import limit_cases  # noqa: E402
import lookalikes  # noqa: E402
import near_misses  # noqa: E402
import redis_cases  # noqa: E402
import redis_healthy  # noqa: E402
import redis_sessions  # noqa: E402
import service_cases  # noqa: E402
import web_cases  # noqa: E402
import web_healthy  # noqa: E402

INCIDENTS = {}
for module in (
    redis_cases, redis_sessions, redis_healthy, web_cases, web_healthy, cloud_cases,
    cloud_forms, disk_cases, limit_cases, lookalikes, near_misses,
    service_cases,
):
    INCIDENTS.update(module.INCIDENTS)

if len(sys.argv) < 2:
    print("\n".join(sorted(INCIDENTS)))
else:
    lab.run(sys.argv[1], INCIDENTS[sys.argv[1]])
