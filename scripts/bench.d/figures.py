"""Figures: what the rounds of a measurement gave, and how one program compares with another."""

import statistics
from dataclasses import dataclass

MEBIBYTE = 1 << 20

# By unit: how a value is printed.
UNITS = {
    "requests": lambda value: f"{value:,.0f}/s",
    "bytes a second": lambda value: f"{value / MEBIBYTE:,.0f} MiB/s",
    "seconds": lambda value: f"{value * 1000:.2f} ms",
    "microseconds": lambda value: f"{value * 1e6:,.0f} µs",
    "bytes": lambda value: f"{value / MEBIBYTE:.1f} MiB",
    "count": lambda value: f"{value:.1f}",
}


@dataclass
class Sample:
    """The values of one figure, a value for each round."""

    values: list
    unit: str

    @property
    def median(self):
        return statistics.median(self.values)

    def __str__(self):
        return UNITS[self.unit](self.median)

    @property
    def spread(self):
        """The smallest and the largest value; nothing if there is only one."""
        if len(self.values) < 2:
            return ""
        least, most = UNITS[self.unit](min(self.values)), UNITS[self.unit](max(self.values))
        return f"{least.split()[0].removesuffix('/s')}–{most}"


@dataclass
class Row:
    """One comparison. bar: the ratio that it must reach, if there is one. more: whether a larger ratio is better."""

    figure: str
    ours: Sample
    against: str
    theirs: Sample
    bar: float | None = None
    more: bool = True

    @property
    def ratio(self):
        """Of the medians. A program that answers nothing has no ratio."""
        return self.ours.median / self.theirs.median if self.theirs.median else float("inf")

    @property
    def is_reached(self):
        return self.bar is None or (self.ratio >= self.bar if self.more else self.ratio <= self.bar)

    @property
    def wanted(self):
        return "" if self.bar is None else f"{'≥' if self.more else '≤'} {self.bar}"

    @property
    def mark(self):
        return "–" if self.bar is None else "ok" if self.is_reached else "no"


@dataclass
class Grid:
    """A figure by two numbers. lines: by a number of what `series` says, a Sample for each of the steps."""

    title: str
    step: str
    steps: list
    series: str
    lines: dict


def alternately(rounds, *measures):
    """The results of each. The first round is not counted, because it fills caches."""
    results = [[] for _ in measures]
    for _ in range(rounds + 1):
        for values, measure in zip(results, measures):
            values.append(measure())
    return [values[1:] for values in results]


def samples(rounds, unit, *measures):
    """The same for measures that return values of one unit."""
    return [Sample(values, unit) for values in alternately(rounds, *measures)]


def rates(loads):
    return Sample([load.rate for load in loads], "requests")
