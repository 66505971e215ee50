/* When to play what was sent at a time: jitter.py tells the method, reference/jitter.py spells it out. */
#ifndef MEDIACORE_DELAY_H
#define MEDIACORE_DELAY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { DELAY_BINS = 4096, DELAY_UNIT = 1 << 20, DELAY_PROMISES = 128 };

typedef struct {
    uint64_t bins[DELAY_BINS]; /* weight of delays by whole ms above the anchor */
    uint64_t total, above, weight; /* `above`: of the bins over `edge` */
    long edge, top, updates;
    double late_share, pressure, share; /* pressure lowers the share of late packets that is aimed at */
    double anchor, newest, latest, interval;
    double asked[DELAY_PROMISES], promised[DELAY_PROMISES]; /* questions in order of sending, with answers */
    long questions;
    double most;
    int begun;
} delay_state;

static void delay_begin(delay_state *d, double late_target, double most) {
    memset(d, 0, sizeof *d);
    d->weight = DELAY_UNIT;
    d->late_share = d->share = 0.85 * late_target;
    d->interval = 20.0;
    d->most = most;
}

/* The least whole ms above which no more than the aimed share of the weight lies. */
static long delay_quantile(delay_state *d) {
    uint64_t allowed = (uint64_t)(d->share * (double)d->total);
    while (d->above > allowed) d->above -= d->bins[++d->edge];
    while (d->edge > 0 && d->above + d->bins[d->edge] <= allowed) d->above += d->bins[d->edge--];
    return d->edge + 1;
}

static double delay_target(delay_state *d) {
    double target = d->begun ? (double)delay_quantile(d) : 60.0;
    double unsure = 40.0 * (1.0 - (double)d->updates / 64.0); /* with little seen, what a network may do */
    if (target < unsure) target = unsure;
    return target < d->most ? target : d->most;
}

/* What has not come by now is at least as late as now; 4 ms more for it to come right behind. */
static double delay_floor(const delay_state *d, double sent) {
    double least = d->latest - sent - d->anchor + 4.0;
    return least < d->most ? least : d->most;
}

static double delay_playout(delay_state *d, double sent, double unset_arrival) {
    if (!d->begun) return unset_arrival + 60.0;
    double target = delay_target(d), least = delay_floor(d, sent);
    double at = sent + d->anchor + (target > least ? target : least);
    long last = (d->questions - 1) & (DELAY_PROMISES - 1);
    int fresh = !d->questions || sent > d->asked[last];
    if (sent - d->newest > 1.5 * d->interval && fresh && d->questions) {
        /* the one before has not come either: wait longer, the more the longer it lasts */
        double waited = d->promised[last] + 2.5 * (sent - d->asked[last]), limit = sent + d->anchor + d->most;
        if (waited > limit) waited = limit;
        if (waited > at) at = waited;
    }
    if (fresh) {
        last = d->questions++ & (DELAY_PROMISES - 1);
        d->asked[last] = sent;
        d->promised[last] = at;
    }
    return at;
}

/* What was answered for `sent`, or would be now. */
static double delay_due(delay_state *d, double sent) {
    long oldest = d->questions > DELAY_PROMISES ? d->questions - DELAY_PROMISES : 0;
    for (long k = d->questions - 1; k >= oldest && d->asked[k & (DELAY_PROMISES - 1)] >= sent; k--)
        if (d->asked[k & (DELAY_PROMISES - 1)] == sent) return d->promised[k & (DELAY_PROMISES - 1)];
    double target = delay_target(d), least = delay_floor(d, sent);
    return sent + d->anchor + (target > least ? target : least);
}

static void delay_shift(delay_state *d, long by) {
    if (by > 0) {
        if (by > DELAY_BINS - 1) by = DELAY_BINS - 1;
        uint64_t over = 0;
        for (long k = DELAY_BINS - by; k < DELAY_BINS; k++) over += d->bins[k];
        memmove(d->bins + by, d->bins, sizeof(uint64_t) * (size_t)(DELAY_BINS - by));
        memset(d->bins, 0, sizeof(uint64_t) * (size_t)by);
        d->bins[DELAY_BINS - 1] += over;
    } else if (by < 0) {
        uint64_t under = 0;
        for (long k = 0; k < -by; k++) under += d->bins[k];
        memmove(d->bins, d->bins - by, sizeof(uint64_t) * (size_t)(DELAY_BINS + by));
        memset(d->bins + DELAY_BINS + by, 0, sizeof(uint64_t) * (size_t)-by);
        d->bins[0] += under;
    }
    d->anchor -= (double)by;
    d->edge = DELAY_BINS - 1;
    d->above = 0;
}

/* Once in 4096 packets: halve old weights when they have grown, follow a clock that drifts upwards. */
static void delay_tend(delay_state *d) {
    if (d->weight > (uint64_t)DELAY_UNIT << 16) {
        d->total = 0;
        for (long k = 0; k < DELAY_BINS; k++) d->total += d->bins[k] >>= 16;
        d->weight >>= 16;
        d->edge = DELAY_BINS - 1;
        d->above = 0;
    }
    uint64_t low = 0;
    long k = 0;
    while (k < DELAY_BINS && (low += d->bins[k]) <= d->total / 100000) k++;
    if (k > 256) delay_shift(d, 128 - k);
}

static void delay_update(delay_state *d, double sent, double arrival) {
    if (!d->begun) {
        d->begun = 1;
        d->anchor = arrival - sent;
        d->newest = sent;
        d->latest = arrival;
        d->edge = DELAY_BINS - 1;
    } else {
        double due = delay_due(d, sent);
        d->pressure += 0.08 * ((arrival > due ? 1.0 : 0.0) - d->late_share);
        if (d->pressure > 4.0) d->pressure = 4.0;
        if (d->pressure < -2.5) d->pressure = -2.5;
        d->share = d->late_share * exp(-d->pressure);
        if (d->share > 0.5) d->share = 0.5;
        double step = sent - d->newest;
        if (step > 0.0 && step < 1000.0) d->interval += (step - d->interval) / 32.0;
    }
    double relative = arrival - sent - d->anchor;
    if (relative < 0.0) {
        long by = relative > -1e6 ? (long)(-relative) + 1 : DELAY_BINS;
        delay_shift(d, by);
        if (by > DELAY_BINS - 1) d->anchor = arrival - sent;
        relative = arrival - sent - d->anchor;
    }
    long bin = relative < DELAY_BINS - 1 ? (long)relative : DELAY_BINS - 1;
    d->bins[bin] += d->weight;
    d->total += d->weight;
    if (bin > d->edge) d->above += d->weight;
    d->weight += d->weight / 4000;
    if (sent > d->newest) d->newest = sent;
    if (arrival > d->latest) d->latest = arrival;
    if (++d->updates % 4096 == 0) delay_tend(d);
}

#endif
