"""Training in several Ray workers: together they learn what one process learns from all of their photos."""

import time

import numpy as np
import pytest
import tolerances
from ray_here import cluster, ray  # noqa: F401

import facestyle as fs
import facestyle.ray

WORKERS, STEPS = 3, 3
OPTIONS = {"loss": "contrastive", "schedule": "constant", "steps": STEPS}


def pictures():
    return np.random.default_rng(2).integers(0, 255, (6, 112, 92, 3), np.uint8)


def batch(rank):
    """The same pictures in other pairs, so that batch normalisation finds the same statistics in each part as in the whole."""
    order = np.random.default_rng(10 + rank).permutation(6)
    people = [0, 0, 1, 1, 2, 2]
    return pictures()[order], [int(people[a] != people[b]) for a, b in zip(order[::2], order[1::2])]


def learn(rank, reduce):
    """The first step's gradients, which all share then, and what the network answers in the end."""
    seen = []

    def capture(numbers):
        reduce(numbers)
        seen.append(numbers.copy())

    with fs.Trainer("siamese", **OPTIONS) as trainer:
        trainer.all_reduce = capture
        for _ in range(STEPS):
            trainer.step(*batch(rank))
        return seen[0][: trainer.parameters], trainer.embed(pictures())


def gradients_of_one_process():
    seen = []
    with fs.Trainer("siamese", **OPTIONS) as trainer:
        trainer.all_reduce = lambda numbers: seen.append(numbers[: trainer.parameters].copy())
        parts = [batch(rank) for rank in range(WORKERS)]
        trainer.step(np.concatenate([part[0] for part in parts]), [label for part in parts for label in part[1]])
    return seen[0]


def check(results):
    gradients, answers = zip(*results)
    assert all(np.array_equal(gradients[0], other) for other in gradients[1:])
    assert all(np.array_equal(answers[0], other) for other in answers[1:])
    # Of the dense layer, the last: below it a rounding may open or shut a rectifier.
    dense, alone = slice(-128 * (7 * 5 * 128 + 1), None), gradients_of_one_process()
    assert np.abs(gradients[0] - alone)[dense].max() <= tolerances.GRADIENT * np.abs(alone[dense]).max()
    own = learn_alone_once()
    assert np.abs(own - alone)[dense].max() > 100 * tolerances.GRADIENT * np.abs(alone[dense]).max()


def learn_alone_once():
    """One worker's own gradients, which are others: what is compared above was shared."""
    seen = []
    with fs.Trainer("siamese", **OPTIONS) as trainer:
        trainer.all_reduce = lambda numbers: seen.append(numbers[: trainer.parameters].copy())
        trainer.step(*batch(0))
    return seen[0]


def test_actors_that_share_their_gradients_learn_as_one(cluster):
    reduce = facestyle.ray.AllReduce(WORKERS)
    work = ray.remote(lambda rank: learn(rank, reduce.of(rank)))
    check(ray.get([work.remote(rank) for rank in range(WORKERS)]))


def test_workers_of_ray_train_do_too_and_after_a_failure_once_more(cluster, tmp_path):
    train = pytest.importorskip("ray.train", reason="Ray Train is absent: `make test-ray` installs it")
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    def loop(config):
        context = train.get_context()
        rank = context.get_world_rank()
        reduce = config["reduce"].of(rank)
        fails = tmp_path / "failed"
        if rank == 1 and not fails.exists():

            def reduce(numbers):
                time.sleep(2)  # the others have given theirs, and wait
                fails.touch()
                raise RuntimeError("the machine goes away")

        gradients, answers = learn(rank, reduce)
        np.savez(tmp_path / f"{rank}.npz", gradients=gradients, answers=answers)

    DataParallelTrainer(
        loop, train_loop_config={"reduce": facestyle.ray.AllReduce(WORKERS, seconds=60)}, scaling_config=train.ScalingConfig(num_workers=WORKERS),
        run_config=train.RunConfig(storage_path=str(tmp_path / "runs"), failure_config=train.FailureConfig(max_failures=1))).fit()
    assert (tmp_path / "failed").exists()
    saved = [np.load(tmp_path / f"{rank}.npz") for rank in range(WORKERS)]
    check([(one["gradients"], one["answers"]) for one in saved])


def test_a_worker_that_gives_nothing_and_wrong_numbers_are_named(cluster):
    reduce = facestyle.ray.AllReduce(2, seconds=1)
    with pytest.raises(ray.exceptions.RayTaskError, match=r"no gradients of workers \[1\] within 1.0 s; expected all 2"):
        reduce.of(0)(np.ones(5, np.float32))
    with pytest.raises(ValueError, match="rank is 2; expected 0 to 1"):
        reduce.of(2)
    with pytest.raises(ValueError, match="workers is 0"):
        facestyle.ray.AllReduce(0)


def test_the_mean_is_that_of_all_for_any_count_of_numbers(cluster):
    reduce = facestyle.ray.AllReduce(3)

    @ray.remote
    def mean(rank, count):
        numbers = np.arange(count, dtype=np.float32) * 10**rank
        reduce.of(rank)(numbers)
        return numbers

    for count in (1, 2, 3, 1000):
        expected = np.arange(count, dtype=np.float32) * np.float32(111) / np.float32(3)
        for found in ray.get([mean.remote(rank, count) for rank in range(3)]):
            assert np.allclose(found, expected, rtol=tolerances.FLOAT)
