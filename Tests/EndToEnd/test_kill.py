"""A short run of scripts/test-kill."""

import random

import kill


def test_thirty_kills_at_random_moments_lose_nothing_that_was_acknowledged():
    wrongs, kills = kill.run(kills=30, seconds=3600, seed=random.SystemRandom().randrange(1 << 32))
    assert wrongs == []
    assert kills == 30
