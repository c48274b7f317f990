"""A barrier of paper: what Kafka would hold of the halted partitions of one application."""


class PaperBarrier:
    def __init__(self) -> None:
        self.noted: dict[int, int] = {}
        self.whys: list[str] = []

    async def at(self, partition: int) -> int:
        return self.noted.get(partition, 0)

    async def put(self, partition: int, offset: int, why: str) -> None:
        self.noted[partition] = offset
        self.whys.append(why)
