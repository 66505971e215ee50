/* R peaks of one lead, sample by sample; ecg.py tells the method, reference/ecg.py spells it out. */
#ifndef MEDIACORE_ECG_KERNELS_H
#define MEDIACORE_ECG_KERNELS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_filter_kernels.h"

enum { KEPT_HEIGHTS = 8, KEPT_BEATS = 64, STEADY_TICKS = 8 };
#define ECG_MOST 1e9 /* more than any lead in any unit: no sample */

typedef struct {
    double values[KEPT_HEIGHTS];
    int count; /* ever */
} memory;

typedef struct {
    double rate_hz;
    long long now, restart;
    section filters[4]; /* two for the band of a beat, two for its fine part */
    section_state states[4];
    double first;
    double *banded, *slopes, *squares; /* lines of mask + 1 samples */
    long long mask;
    long long window, refractory, patience, t_wave, delay, half, shorter, longer, tick, lag, span, apart, reach;
    double slope_sum, short_sum, long_sum, mean;
    long long slope_phase, short_phase, long_phase;
    double top, low, candidate;
    long long top_at, candidate_at;
    int falling, waiting;
    double beat_slope;
    memory heights, noise, intervals;
    long long beats[KEPT_BEATS], others[KEPT_BEATS];
    char repeats[KEPT_BEATS];
    long long beat_count, other_count;
    double *shapes[2], *shape; /* two kinds of beat, and what lies around a candidate */
    long long shape_firsts[2];
    int shape_count;
    int in_block;
    long long block_begin, block_top_at;
    double block_top;
    double quality, rate_bpm;
    long long steady; /* judgements in a row that were good enough */
} ecg_state;

static long long ecg_spell(double seconds, double rate_hz) {
    long long samples = (long long)floor(seconds * rate_hz + 0.5);
    return samples > 1 ? samples : 1;
}

static section ecg_butterworth(double hz, double rate_hz, int high) {
    double k = tan(M_PI * hz / rate_hz), norm = 1.0 / (1.0 + sqrt(2.0) * k + k * k);
    double gain = high ? norm : k * k * norm;
    section s = {gain, high ? -2.0 * gain : 2.0 * gain, gain, 2.0 * (k * k - 1.0) * norm,
                 (1.0 - sqrt(2.0) * k + k * k) * norm};
    return s;
}

/* What a gap breaks: filters, sums and the candidate. Rhythm, heights and shapes stay. */
static void ecg_restart(ecg_state *e) {
    memset(e->states, 0, sizeof e->states);
    size_t line = sizeof(double) * (size_t)(e->mask + 1);
    memset(e->banded, 0, line);
    memset(e->slopes, 0, line);
    memset(e->squares, 0, line);
    e->restart = e->now;
    e->slope_sum = e->short_sum = e->long_sum = e->mean = e->top = 0.0;
    e->slope_phase = e->now % e->window;
    e->long_phase = e->now % (2 * e->longer + 1);
    long long width = 2 * e->shorter + 1;
    e->short_phase = ((e->now - e->longer + e->shorter) % width + width) % width;
    e->falling = e->waiting = e->in_block = 0;
}

static int ecg_begin(ecg_state *e, double rate_hz) {
    memset(e, 0, sizeof *e);
    e->rate_hz = rate_hz;
    e->filters[0] = ecg_butterworth(5.0, rate_hz, 1);
    e->filters[1] = ecg_butterworth(18.0, rate_hz, 0);
    e->filters[2] = ecg_butterworth(8.0, rate_hz, 1);
    e->filters[3] = ecg_butterworth(20.0, rate_hz, 0);
    e->window = ecg_spell(0.1, rate_hz);
    e->refractory = ecg_spell(0.2, rate_hz);
    e->patience = ecg_spell(0.095, rate_hz);
    e->t_wave = ecg_spell(0.36, rate_hz);
    e->delay = ecg_spell(0.022, rate_hz);
    e->half = ecg_spell(0.07, rate_hz);
    e->shorter = ecg_spell(0.0485, rate_hz);
    e->longer = ecg_spell(0.3055, rate_hz);
    e->tick = ecg_spell(0.25, rate_hz);
    e->lag = ecg_spell(0.8, rate_hz);
    e->span = ecg_spell(10.0, rate_hz);
    e->apart = ecg_spell(0.15, rate_hz);
    e->reach = ecg_spell(0.04, rate_hz);
    for (e->mask = 1; e->mask < ecg_spell(1.2, rate_hz) + 16; e->mask *= 2) {}
    e->mask--;
    size_t line = (size_t)(e->mask + 1), shape = (size_t)(2 * e->half + 1), around = shape + 2 * (size_t)e->reach;
    double *memory = calloc(3 * line + 2 * shape + around, sizeof(double));
    if (!memory) return -1;
    e->banded = memory;
    e->slopes = memory + line;
    e->squares = memory + 2 * line;
    e->shapes[0] = memory + 3 * line;
    e->shapes[1] = e->shapes[0] + shape;
    e->shape = e->shapes[1] + shape;
    ecg_restart(e);
    return 0;
}

static void ecg_end(ecg_state *e) { free(e->banded); }

static void remember(memory *m, double value) { m->values[m->count++ % KEPT_HEIGHTS] = value; }

static double median_of(const double *values, int count) {
    double sorted[KEPT_HEIGHTS + 1];
    if (!count) return 0.0;
    for (int i = 0; i < count; i++) {
        int k = i;
        for (; k > 0 && sorted[k - 1] > values[i]; k--) sorted[k] = sorted[k - 1];
        sorted[k] = values[i];
    }
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0;
}

static double usual(const memory *m) {
    return median_of(m->values, m->count < KEPT_HEIGHTS ? m->count : KEPT_HEIGHTS);
}

static double likeness_of(const double *a, const double *b, long long count) {
    double dot = 0.0, aa = 0.0, bb = 0.0;
    for (long long k = 0; k < count; k++) dot += a[k] * b[k], aa += a[k] * a[k], bb += b[k] * b[k];
    return aa > 0.0 && bb > 0.0 ? dot / sqrt(aa * bb) : 0.0;
}

/* The kept shape most alike at the best of some shifts: which lobe of a beat is highest changes. */
static double ecg_best_fit(ecg_state *e, long long peak, int *best, long long *lag) {
    long long count = 2 * e->half + 1, reach = e->reach;
    for (long long k = 0; k < count + 2 * reach; k++)
        e->shape[k] = e->banded[(peak - e->half - reach + k) & e->mask];
    double most = -1.0;
    *lag = 0, *best = 0;
    for (int k = 0; k < e->shape_count; k++) {
        double own = -1.0;
        long long own_lag = 0;
        for (long long shift = 0; shift <= 2 * reach; shift++) {
            double likeness = likeness_of(e->shape + shift, e->shapes[k], count);
            if (likeness > own) own = likeness, own_lag = shift - reach;
        }
        if (own > most || k == 0) most = own, *lag = own_lag, *best = k;
    }
    return e->shape_count ? most : 1.0;
}

static void ecg_learn_shape(ecg_state *e, int known, const double *shape) {
    long long count = 2 * e->half + 1;
    e->repeats[e->beat_count % KEPT_BEATS] = known >= 0;
    if (known >= 0) {
        double *kept = e->shapes[known];
        for (long long k = 0; k < count; k++) kept[k] = 0.9 * kept[k] + 0.1 * shape[k];
        if (e->beat_count - e->shape_firsts[known] < KEPT_BEATS)
            e->repeats[e->shape_firsts[known] % KEPT_BEATS] = 1;
        return;
    }
    int place = e->shape_count ? 1 : 0;
    memcpy(e->shapes[place], shape, sizeof(double) * (size_t)count);
    e->shape_firsts[place] = e->beat_count;
    e->shape_count = place + 1;
}

/* A beat, unless it is both small and strange; its place is where its known shape fits best. */
static int ecg_accept(ecg_state *e, long long peak, double height_usual, double slope) {
    int best;
    long long lag;
    double likeness = ecg_best_fit(e, peak, &best, &lag);
    if (e->candidate < 0.65 * height_usual && likeness < 0.8) return 0;
    if (!e->shape_count || likeness < 0.85) best = -1, lag = 0;
    long long place = peak + lag - e->delay > e->restart ? peak + lag - e->delay : e->restart;
    if (e->beat_count && place - e->beats[(e->beat_count - 1) % KEPT_BEATS] < e->refractory) return 0;
    ecg_learn_shape(e, best, e->shape + e->reach + lag);
    if (e->beat_count) {
        double since = (double)(place - e->beats[(e->beat_count - 1) % KEPT_BEATS]);
        if (since < 2.5 * e->rate_hz) remember(&e->intervals, since);
    }
    remember(&e->heights, e->candidate);
    e->beats[e->beat_count++ % KEPT_BEATS] = place;
    e->beat_slope = slope;
    return 1;
}

/* Returns 1 for a beat, whose place is then the newest of e->beats. */
static int ecg_decide(ecg_state *e) {
    long long begin = e->candidate_at - e->window - e->delay;
    if (begin < e->restart) begin = e->restart;
    long long peak = begin;
    double slope = 0.0;
    for (long long k = begin; k <= e->candidate_at; k++) {
        if (fabs(e->banded[k & e->mask]) > fabs(e->banded[peak & e->mask])) peak = k;
        if (e->slopes[k & e->mask] > slope) slope = e->slopes[k & e->mask];
    }
    double height_usual = usual(&e->heights), noise = usual(&e->noise);
    double threshold = noise + 0.3 * (height_usual - noise);
    long long since = e->beat_count ? peak - e->delay - e->beats[(e->beat_count - 1) % KEPT_BEATS] : 0;
    if (e->intervals.count >= 3 && (double)since > 1.5 * usual(&e->intervals)) threshold *= 0.6;
    int t_wave = since < e->t_wave && slope < 0.5 * e->beat_slope;
    int beat = e->candidate > threshold && (!e->beat_count || (since >= e->refractory && !t_wave));
    if (beat && ecg_accept(e, peak, height_usual, slope)) return 1;
    remember(&e->noise, e->candidate);
    return 0;
}

/* Peaks of the smoothed slope, the largest within the refractory time each way. */
ALWAYS_INLINE int ecg_first(ecg_state *e, double feature) {
    long long n = e->now;
    if (e->falling) {
        if (feature < e->low) e->low = feature;
        if (feature > e->low * 1.05 + 1e-12) e->falling = 0, e->top = feature, e->top_at = n;
    } else if (feature >= e->top) {
        e->top = feature, e->top_at = n;
    } else if (feature < e->top / 2 || n - e->top_at >= e->patience) {
        e->falling = 1, e->low = feature;
        if (!e->waiting || e->top > e->candidate)
            e->waiting = 1, e->candidate = e->top, e->candidate_at = e->top_at;
    }
    if (e->waiting && n - e->candidate_at >= e->refractory) {
        int grows = !e->falling && e->top_at - e->candidate_at < e->refractory && e->top >= e->candidate;
        if (!grows) {
            e->waiting = 0;
            return ecg_decide(e);
        }
    }
    return 0;
}

/* A running sum, made afresh once a window so that rounding cannot pile up. */
ALWAYS_INLINE void ecg_slide(double *sum, long long *phase, const double *line, long long mask,
                             long long newest, long long count) {
    if (*phase == 0) {
        double fresh = 0.0;
        for (long long at = newest - count + 1; at <= newest; at++) fresh += line[at & mask];
        *sum = fresh;
    } else {
        *sum = *sum + line[newest & mask] - line[(newest - count) & mask];
    }
    if (++*phase == count) *phase = 0;
}

/* Blocks where the energy of a beat's length exceeds that of a beat's surroundings. */
ALWAYS_INLINE void ecg_second(ecg_state *e) {
    long long n = e->now, middle = n - e->longer, width = 2 * e->shorter + 1;
    double slow = 0.1 / e->rate_hz, square = e->squares[n & e->mask];
    if (n - e->restart < 10 * e->rate_hz) {
        double fast = 1.0 / (double)(n - e->restart + 1);
        if (fast > slow) slow = fast;
    }
    e->mean += slow * (square - e->mean);
    ecg_slide(&e->long_sum, &e->long_phase, e->squares, e->mask, n, 2 * e->longer + 1);
    ecg_slide(&e->short_sum, &e->short_phase, e->squares, e->mask, middle + e->shorter, width);
    if (middle < e->restart) return;
    double around = e->long_sum / (double)(2 * e->longer + 1);
    if (e->short_sum / (double)width > around + 0.08 * e->mean) {
        if (!e->in_block) e->in_block = 1, e->block_begin = middle, e->block_top = -1.0;
        if (e->squares[middle & e->mask] > e->block_top)
            e->block_top = e->squares[middle & e->mask], e->block_top_at = middle;
    } else if (e->in_block) {
        e->in_block = 0;
        long long last = e->other_count ? e->others[(e->other_count - 1) % KEPT_BEATS] : 0;
        int apart = !e->other_count || (double)(e->block_top_at - last) > 0.25 * e->rate_hz;
        if ((double)(middle - e->block_begin) >= 0.9 * (double)width && apart)
            e->others[e->other_count++ % KEPT_BEATS] = e->block_top_at;
    }
}

/* What a spike has taught would hide every beat after it: after 8 s without one, or where the second detector
   sees none of them, heights and filters begin anew (8 s: Hamilton). */
static void ecg_begin_anew(ecg_state *e, int blind) {
    long long since = e->beat_count ? e->beats[(e->beat_count - 1) % KEPT_BEATS] : 0;
    if (blind || since < e->restart) since = e->restart;
    if ((double)(e->now - since) <= 8.0 * e->rate_hz) return;
    e->heights.count = e->noise.count = 0;
    ecg_restart(e);
}

static void ecg_judge(ecg_state *e) {
    long long end = e->now - e->lag, begin = end - e->span;
    if (begin < e->restart) begin = e->restart;
    long long oldest_beat = e->beat_count > KEPT_BEATS ? e->beat_count - KEPT_BEATS : 0;
    long long other = e->other_count > KEPT_BEATS ? e->other_count - KEPT_BEATS : 0;
    int ours = 0, both = 0, good = 0, others = 0;
    for (long long k = other; k < e->other_count; k++) {
        long long at = e->others[k % KEPT_BEATS];
        others += at >= begin && at < end;
    }
    for (long long k = oldest_beat; k < e->beat_count; k++) {
        long long at = e->beats[k % KEPT_BEATS], near = 0;
        if (at < begin || at >= end) continue;
        ours++;
        for (; other < e->other_count; other++) {
            near = e->others[other % KEPT_BEATS];
            if (near >= begin - e->apart && near >= at - e->apart) break;
        }
        if (other == e->other_count || near >= end + e->apart || near > at + e->apart) continue;
        good += e->repeats[k % KEPT_BEATS];
        both += near >= begin && near < end;
        other++;
    }
    /* what only the first detector saw, or saw once, counts twice */
    e->quality = ours >= 4 ? (double)good / (ours + others - both + ours - good) : 0.0;
    double steps[KEPT_HEIGHTS + 1];
    int count = 0;
    long long newest = e->beat_count - 1;
    for (; count < 8 && newest - count > 0; count++) {
        long long before = e->beats[(newest - count - 1) % KEPT_BEATS];
        if (before < begin) break;
        steps[count] = (double)(e->beats[(newest - count) % KEPT_BEATS] - before);
    }
    int fresh = count > 0 && (double)(e->now - e->beats[newest % KEPT_BEATS]) <= 2.5 * e->rate_hz;
    e->steady = e->quality >= 0.9 ? e->steady + 1 : 0;
    e->rate_bpm = e->steady >= STEADY_TICKS && fresh ? 60.0 * e->rate_hz / median_of(steps, count) : 0.0;
    ecg_begin_anew(e, ours >= 4 && others == 0);
}

/* The next sample; returns 1 when it completes a beat, whose place is then the newest of e->beats. */
ALWAYS_INLINE int ecg_step(ecg_state *e, double sample) {
    if (e->now == e->restart) e->first = sample;
    double x = sample - e->first;
    double band = section_step(&e->filters[1], &e->states[1], section_step(&e->filters[0], &e->states[0], x));
    double fine = section_step(&e->filters[3], &e->states[3], section_step(&e->filters[2], &e->states[2], x));
    long long at = e->now & e->mask;
    e->banded[at] = band;
    e->slopes[at] = fabs(band - e->banded[(e->now - 1) & e->mask]);
    e->squares[at] = fine * fine;
    ecg_slide(&e->slope_sum, &e->slope_phase, e->slopes, e->mask, e->now, e->window);
    int beat = ecg_first(e, e->slope_sum / (double)e->window);
    ecg_second(e);
    e->now++;
    return beat;
}

/* Writes the places of the beats that `count` samples complete, at most `most`.

   Places lie a refractory time apart and half a second back at most, which is how `most` is reckoned. */
static long long ecg_process(ecg_state *e, const double *samples, long long count, int64_t *beats, long long most) {
    long long made = 0;
    long long until_tick = e->tick - e->now % e->tick;
    for (long long i = 0; i < count; i++) {
        if (fabs(samples[i]) > ECG_MOST) {
            e->now++;
            ecg_restart(e);
        } else if (ecg_step(e, samples[i]) && made < most) {
            beats[made++] = e->beats[(e->beat_count - 1) % KEPT_BEATS];
        }
        if (--until_tick == 0) {
            until_tick = e->tick;
            ecg_judge(e);
        }
    }
    return made;
}

#endif
