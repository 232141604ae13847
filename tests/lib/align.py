"""How well a text is found in what was heard of it, though a machine stood still in between.

Text and sound are rows of loudness, one value each 10 ms, in several bands. The text is cut into
pieces; each is looked for a little earlier or later than the one before it. A stall moves all that
follows, or swallows some pieces, or both: that costs something, so a few of them are followed
where much fits better behind them, and foreign sound cannot be pieced together. Of all ways to lay
the pieces the cheapest is found, piece by piece (dynamic programming).
"""
import itertools
import math
import operator

PIECE = 5      # values a piece
REACH = 45     # values that a piece may stand before or behind where the text fits best
LONGEST = 8    # pieces that one stall swallows at most, and that may be missing in all
LAGS = range(2 * REACH + 1)

# What a way costs, where a piece that is not heard at all costs about 1.
DRIFT, STALL, MISSING = 0.3, 4.0, 0.7


def slide(spoken, heard, first, last):
    """Pearson's coefficient of two lists for each lag of first..last: heard[i + lag] belongs to
    spoken[i]. Where heard has nothing, nothing was heard: silence counts against the match."""
    n = len(spoken)
    mean = sum(spoken) / n
    own = [v - mean for v in spoken]
    own_power = sum(map(operator.mul, own, own))
    shift = max(0, -first)
    padded = [0.0] * shift + list(heard)
    padded += [0.0] * max(0, last + shift + n - len(padded))
    totals = [0, *itertools.accumulate(padded)]
    powers = [0, *itertools.accumulate(map(operator.mul, padded, padded))]
    out = []
    for at in range(first + shift, last + shift + 1):
        part = padded[at:at + n]
        total = totals[at + n] - totals[at]
        power = powers[at + n] - powers[at] - total * total / n
        if power < 1e-6 * powers[-1]:  # a difference of large numbers says nothing of it
            total = sum(part)
            power = _square(part) - total * total / n
        dot = sum(map(operator.mul, own, part))
        out.append((dot / math.sqrt(power * own_power) if power > 0 and own_power > 0 else 0.0,
                    at - shift))
    return out


def _square(row):
    return sum(map(operator.mul, row, row))


def _band(spoken, heard, bands):
    """Both as loud as each other, in such units that a piece varies by 1 in all bands together;
    heard with room for every lag."""
    n = len(spoken)
    mean = sum(spoken) / n
    unit = math.sqrt(_square([v - mean for v in spoken]) * PIECE * bands / n) or 1.0
    loudness = _square(heard[:n])
    gain = math.sqrt(_square(spoken) / loudness) if loudness else 0.0
    room = [0.0] * (n + 2 * REACH)
    return ([v / unit for v in spoken],
            [0.0] * REACH + [v * gain / unit for v in heard] + room)


def _misfits(bands, start):
    """What the piece from start on costs at each lag."""
    out = [0.0] * len(LAGS)
    for spoken, heard in bands:
        piece = spoken[start:start + PIECE]
        for lag in LAGS:
            there = heard[start + lag:start + lag + PIECE]
            out[lag] += _square(list(map(operator.sub, piece, there)))
    return out


def _way(costs, lowest, lag):
    """The cheapest way from what is laid to the next piece at lag: its cost, how many pieces back
    the one before it is, and the lag of that one. No sound is taken twice."""
    last = costs[-1]
    ways = [(last[lag], 1, lag)]
    ways += [(last[near] + DRIFT, 1, near) for near in (lag - 1, lag + 1) if near in LAGS]
    for missing in range(min(LONGEST + 1, len(costs))):
        cost, at = lowest[-1 - missing][min(lag + PIECE * missing, LAGS[-1])]
        ways.append((cost + STALL + MISSING * missing, 1 + missing, at))
    return min(ways)


def _lay(bands, pieces):
    """Where the pieces are heard: (piece, lag) of those that are. Before the first and behind the
    last stands one that fits everywhere."""
    costs, lowest, ways = [], [], []
    for n in range(pieces + 2):
        inside = 0 < n <= pieces
        here = [_way(costs, lowest, lag) if n else (0.0, 0, lag) for lag in LAGS]
        misfits = _misfits(bands, (n - 1) * PIECE) if inside else [0.0] * len(LAGS)
        ways.append(here)
        costs.append([way[0] + misfit for way, misfit in zip(here, misfits)])
        lowest.append(list(itertools.accumulate(zip(costs[-1], LAGS), min)))
    laid, n = [], pieces + 1
    lag = costs[n].index(min(costs[n]))
    while n:
        _, back, lag = ways[n][lag]
        n -= back
        laid.append((n - 1, lag))
    return laid[-2::-1]


def follow(bands):
    """Pearson's coefficient of the text and what was heard, which begin together: bands are pairs
    of rows. What was swallowed counts against it as far as it is more than a stall."""
    pieces = min(len(spoken) for spoken, _ in bands) // PIECE
    bands = [_band(spoken, heard, len(bands)) for spoken, heard in bands]
    laid = _lay(bands, pieces)
    if not laid:
        return 0.0
    fits = []
    for spoken, heard in bands:
        ours, theirs = [], []
        for piece, lag in laid:
            start = piece * PIECE
            ours += spoken[start:start + PIECE]
            theirs += heard[start + lag:start + lag + PIECE]
        fits.append(slide(ours, theirs, 0, 0)[0][0])
    forgiven = min(LONGEST, pieces / 5)
    return sum(fits) / len(fits) * min(1, (len(laid) + forgiven) / pieces)
