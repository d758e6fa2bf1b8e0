"""The course of one training, in one process: begin, step by step, validate, finish."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from skoots.events import (
    EpochDone,
    Notice,
    TrainFinished,
    TrainStarted,
    TrainStep,
)
from skoots.train.batch import collate
from skoots.train.curves import Curves
from skoots.train.deliver import Delivery
from skoots.train.epochs import Epochs, Stream, random_numbers
from skoots.train.judge import Judge
from skoots.train.learner import NAMES, Learner
from skoots.train.optimise.number_format import choose_training_format
from skoots.train.optimise.schedule import learning_rate_at
from skoots.train.prefetch import prepared
from skoots.train.saving import Saver
from skoots.train.sources import load_sources
from skoots.train.state import Progress, Setting, load_state
from skoots.train.stopwatch import Stopwatch, timed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import torch

    from skoots.events import Event
    from skoots.train.batch import Batch
    from skoots.train.learner import Outcome
    from skoots.train.project import Project
    from skoots.train.ranks import Ranks


FINISH = "finish"
"""What is sent to a training that shall end with this epoch, as if its time were up."""

SLOW = 30.0
"""Seconds of a step from which on the user is told how to get a faster one."""


def _slow(seconds: float) -> str:
    return (
        f"A step takes {seconds:.0f} s here. Smaller AUGMENTATION.CROP_..., fewer "
        "MODEL.DIMS or MODEL.ARCHITECTURE unet make it faster."
    )


class Training:
    """One process of a training."""

    def __init__(self, project: Project, ranks: Ranks, device: torch.device) -> None:
        settings = project.settings
        self._project = project
        self._settings = settings
        self._ranks = ranks
        self._device = device
        self._sources = load_sources(settings, device)
        self._learner = Learner(settings, device, ranks)
        self._epochs = Epochs(
            len(self._sources.training),
            settings.TRAIN.TRAIN_BATCH_SIZE,
            settings.TRAINER.SEED,
            ranks.rank,
            ranks.world,
        )
        self._steps = self._epochs.steps * settings.TRAIN.NUM_EPOCHS
        self._progress = Progress()
        self._todo = range(0)
        self._watch = Stopwatch()
        self._finishing = False
        self._setting = Setting(ranks.world, self._sources.fingerprint())
        self._delivery = Delivery(project, self._learner, self._sources)
        self._judge = Judge(project, self._learner, self._sources, self._delivery)
        self._saver = Saver(project, self._learner, self._delivery, self._setting)

    # ---- the course of a training

    def run(self) -> Generator[Event, Any, TrainFinished]:
        """Take all steps that are left, or those until `FINISH` is sent."""
        return timed(self._run(), self._watch)

    def _run(self) -> Generator[Event, Any, TrainFinished]:
        for message in self._begin():
            yield Notice(message)
        begun = self._progress.step
        self._todo = range(begun, begun if self._time_is_up() else self._steps)
        yield self._started()
        if begun == 0 and self._settings.TRAINER.VALIDATE_FIRST:
            yield from self._validated(0)
        curves = (
            Curves(self._project.curves_file, self._progress.epochs)
            if self._ranks.leads
            else None
        )
        try:
            yield from self._steps_left(curves)
        except GeneratorExit:  # between two steps: what is in memory is whole
            for _ in self._saved():
                pass
            raise
        finally:
            if curves is not None:
                curves.close()
        yield from self._saved()
        return (yield from self._finish())

    def _steps_left(self, curves: Curves | None) -> Generator[Event, Any, None]:
        todo = self._todo
        began = self._watch.seconds - self._progress.seconds
        with closing(self._prepared(todo)) as batches:
            yield from self._end_epoch_if_due(curves)  # of a training that was killed
            for batch in batches:
                before = self._watch.seconds
                outcome, rate = self._take_step(batch)
                now = self._watch.seconds
                self._progress.seconds = now - began
                sent = yield self._step_event(outcome, rate)
                self._finishing = self._finishing or sent == FINISH
                if self._progress.step == todo.start + 1 and now - before > SLOW:
                    yield Notice(_slow(now - before))
                if self._saver.is_due():
                    yield from self._saved()
                    if curves is not None:
                        curves.draw()
                ended = yield from self._end_epoch_if_due(curves)
                self._progress.seconds = self._watch.seconds - began
                if ended and self._time_is_up():
                    break

    def _take_step(self, batch: Batch) -> tuple[Outcome, float]:
        step = self._progress.step
        rate = learning_rate_at(step, self._settings, self._epochs.steps, self._steps)
        epoch = step // self._epochs.steps
        outcome = self._learner.step(batch, epoch, step, rate)
        self._progress.count(outcome)
        return outcome, rate

    def _end_epoch_if_due(self, curves: Curves | None) -> Generator[Event, Any, bool]:
        """End an epoch whose steps are taken; tell whether they are."""
        epoch = self._progress.epochs
        if self._progress.step < (epoch + 1) * self._epochs.steps:
            return False
        last = self._time_is_up() or epoch + 1 == self._settings.TRAIN.NUM_EPOCHS
        validation: dict[str, float] = {}
        best = False
        if self._judge.is_due(epoch, self._progress, last=last):
            validation, best = yield from self._validated(epoch, last=last)
        means = self._progress.close_epoch()
        step = self._progress.step
        done = EpochDone(
            epoch=epoch,
            epochs=self._settings.TRAIN.NUM_EPOCHS,
            step=step,
            losses=dict(zip(NAMES, means, strict=True)),
            validation=validation,
            best=best,
            learning_rate=learning_rate_at(
                step - 1, self._settings, self._epochs.steps, self._steps
            ),
            sigma=self._learner.sigma(epoch),
            seconds=self._progress.seconds,
        )
        if curves is not None:
            curves.add(done, self._progress.skipped)
        yield done
        interval = self._settings.TRAIN.SAVE_INTERVAL
        if (epoch + 1) % interval == 0:
            yield from self._saved()
        self._ranks.barrier()
        return True

    def _validated(
        self, epoch: int, *, last: bool = False
    ) -> Generator[Event, Any, tuple[dict[str, float], bool]]:
        """Say how good the network is by now; nothing where another process does."""
        if not (self._ranks.leads and self._sources.held_out):
            return {}, False
        if self._progress.step:
            yield from self._saved()  # it may take long
        began = self._watch.seconds
        judging = self._judge.validate(epoch, self._progress, last=last)
        validation, best = yield from judging
        self._progress.seconds += self._watch.seconds - began
        self._progress.validated_at = self._progress.seconds
        return validation, best

    def _time_is_up(self) -> bool:
        limit = self._settings.TRAINER.SECONDS
        up = 0 < limit <= self._progress.seconds
        return self._ranks.agree(up or self._finishing)

    # ---- the beginning, the end, and what is saved between

    def _begin(self) -> list[str]:
        """Go on where a training stopped, or begin; give what should be known."""
        notes = list(self._sources.notes)
        state = self._project.state_file
        if state.is_file():
            self._progress = load_state(state, self._learner, self._setting)
            self._saver.began_at(self._progress)
            return notes
        notes += self._learner.start_from_pretrained()
        if not self._sources.held_out:
            notes.append(
                "Nothing is held out, so the last model counts as the best. Name "
                "folders in TRAIN.VALIDATION_DATA_DIR to see how good it is."
            )
        if self._ranks.leads:  # by trying: the others might come to another answer
            image = self._batch(0).image.to(self._device)
            self._learner.number_format = choose_training_format(
                self._learner.network, self._settings, image
            )
        self._learner.number_format = self._ranks.same(self._learner.number_format)
        return notes

    def _started(self) -> TrainStarted:
        weights = sum(p.numel() for p in self._learner.network.parameters())
        return TrainStarted(
            project=self._project.path,
            network=f"{self._settings.MODEL.ARCHITECTURE}, {weights:,} weights",
            device=str(self._device),
            number_format=self._learner.number_format,
            volumes=len(self._sources.training.volumes),
            objects=self._sources.objects,
            steps_done=self._progress.step,
            steps=self._steps,
            epochs=self._settings.TRAIN.NUM_EPOCHS,
            seconds=self._settings.TRAINER.SECONDS,
        )

    def _batch(self, step: int) -> Batch:
        seed = self._settings.TRAINER.SEED
        draws = self._epochs.draws(step)
        samples = [
            self._sources.training.sample(
                draw.index,
                random_numbers(seed, Stream.SAMPLE, draw.epoch, draw.place),
                random_numbers(seed, Stream.SHAPE, step),  # one for all crops
            )
            for draw in draws
        ]
        return collate(samples)

    def _prepared(self, steps: range) -> Generator[Batch, None, None]:
        train = self._settings.TRAIN
        # On a GPU the processor is free to prepare the next crop.
        workers = train.DATALOADER_NUM_WORKERS or int(self._device.type != "cpu")
        ahead = train.DATALOADER_PREFETCH_FACTOR or 2
        return prepared(self._batch, steps, workers=workers, ahead=ahead)

    def _step_event(self, outcome: Outcome, rate: float) -> TrainStep:
        loss, embedding, probability, skeleton = outcome.values
        step = self._progress.step
        return TrainStep(
            step=step,
            total=self._steps,
            epoch=(step - 1) // self._epochs.steps,
            loss=loss,
            embedding=embedding,
            probability=probability,
            skeleton=skeleton,
            learning_rate=rate,
            skipped=self._progress.skipped,
            seconds=self._progress.seconds,
        )

    def _saved(self) -> Iterator[Event]:
        if self._ranks.leads:
            yield from self._saver.save(self._progress)

    def _finish(self) -> Generator[Event, Any, TrainFinished]:
        progress = self._progress
        model = self._project.best if progress.best else self._project.last
        if not self._todo:
            yield Notice(f"{self._project.path} is finished already.")
        elif self._ranks.leads:
            for message in self._delivery.measure_halo(model):
                yield Notice(message)
        if self._sources.scored and progress.best and progress.best[0] == 0:
            yield Notice(
                "No object of the held-out volumes was found, by none of the models. "
                "Train longer, and look at curves.png: the loss of the skeleton has to "
                "fall."
            )
        finished = TrainFinished(
            project=self._project.path,
            model=model,
            steps=progress.step,
            skipped=progress.skipped,
            scores=progress.best_scores,
            seconds=progress.seconds,
        )
        yield finished
        return finished
