"""What must be there before a worker starts.

Decides that every topic of the worker exists and has the partitions it needs: as many as its
source for the state and for logs of others that it says things into; for its outputs, which
workers of another kind may share, a multiple that holds its own. Refuses to make a topic.
"""

from collections.abc import Mapping

from aiokafka.admin import AIOKafkaAdminClient

from streams.agents.guards import WorkerFatal
from streams.agents.options import WorkerOptions

_REMEDY = "Provision all topics from the topic table first (`lumbung run` and `lumbung demo` do)."


async def check_topics(options: WorkerOptions) -> None:
    """WorkerFatal, saying what to do, when a topic is missing or has other partitions."""
    judge(options, await _partitions(options.bootstrap))


def judge(options: WorkerOptions, partitions: Mapping[str, int]) -> None:
    """The same on partition counts by topic name."""
    alike = (options.source, options.changelog, *options.away)
    needed = (*alike, *options.outputs)
    missing = [topic for topic in needed if topic not in partitions]
    if missing:
        raise WorkerFatal(f"no topic {', '.join(missing)} at {options.bootstrap}", _REMEDY)
    due = partitions[options.source]
    wrong = [topic for topic in alike if partitions[topic] != due]
    wrong += [
        topic
        for topic in options.outputs
        if partitions[topic] % due or partitions[topic] < options.partition_in(topic, due)
    ]
    if wrong:
        raise WorkerFatal(
            f"{options.source} has {due} partitions, but "
            + ", ".join(f"{topic} has {partitions[topic]}" for topic in wrong),
            "Give all of them the count of the topic table; that of a changelog with state needs a"
            " rebuild.",
        )


async def _partitions(bootstrap: str) -> Mapping[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        # All topics: to name some could make them, on a broker that makes what it is asked for.
        return {
            found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()
        }
    finally:
        await admin.close()
